"""Backgrounds and colours: receiving images, encoding them again, styling a room."""
