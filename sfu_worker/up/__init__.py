"""Media in: which incoming stream belongs to which track and layer, and its repair."""
