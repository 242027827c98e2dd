"""Other people's sites, for tests: real HTTP servers that speak what the product speaks to."""
