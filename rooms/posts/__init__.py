"""What is left of a call: published notes, the archive, and how long it is kept."""
