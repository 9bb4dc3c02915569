"""What was changed about how people are judged."""
