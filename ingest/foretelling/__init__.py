"""What summing up would take away, told without a row leaving the database."""
