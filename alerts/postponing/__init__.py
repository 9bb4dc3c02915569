"""Putting an alert off until a time, with a reason, and calling it back."""
