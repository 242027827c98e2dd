"""What other sites and their readers get: cards, previews, calendars, posts."""
