"""Passing an alert on to a colleague or a team, until somebody accepts it."""
