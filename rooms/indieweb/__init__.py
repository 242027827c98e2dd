"""Other people's sites: signing in with them, and their answers to a room."""
