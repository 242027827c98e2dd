"""A media worker: forwards RTP between the participants of rooms. It knows no Django."""

# As in pyproject.toml. The project runs from its checkout: no installed package knows it.
VERSION = "0.1.0"
