"""How a worker is reached, and what it reports: the channel layer, Redis, its own health."""
