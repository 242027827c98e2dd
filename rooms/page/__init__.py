"""What the call page and its scripts are given."""
