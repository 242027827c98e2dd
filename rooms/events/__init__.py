"""A room as an event: the microformats, JSON-LD and iCalendar of its times."""
