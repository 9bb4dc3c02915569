"""What besides alerts has a deadline."""
