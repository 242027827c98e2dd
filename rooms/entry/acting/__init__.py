"""How what a host does reaches the call, from the call itself or from elsewhere."""
