"""The owner's home: their rooms as cards, in place of Django's index."""
