"""Who may come in, who may stay, and who has been removed."""
