"""A media worker: forwards RTP between the participants of rooms. Knows no Django settings, models or views."""
