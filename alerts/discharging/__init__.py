"""Ending the monitoring of a person once nothing of theirs is open, and taking it up again."""
