"""People who are monitored no longer, and those who are again."""
