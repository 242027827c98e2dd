"""People who are known by a site of their own."""
