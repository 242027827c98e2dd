"""A media worker: forwards RTP between the participants of rooms. Knows no Django settings, models or views."""

VERSION = "0.1.0"
"That of pyproject.toml: the project is run from its checkout, not installed, so nothing else knows it."
