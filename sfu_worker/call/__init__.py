"""Who is in a room, what they ask for, and what each slot carries."""
