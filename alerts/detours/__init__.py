"""What becomes of a message that does not get through as it was meant to."""
