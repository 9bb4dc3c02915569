"""Who may see whose data."""
