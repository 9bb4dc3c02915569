"""What was known of a person at each time."""
