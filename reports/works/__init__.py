"""What clinicians did in a week, and of how much they were told."""
