"""The web side of the media workers: reaching them, watching them, and what they report."""
