"""What a room shows before anyone comes in: the card in a frame, the door, link previews."""
