"""What is open for somebody, surveyed before it is read."""
