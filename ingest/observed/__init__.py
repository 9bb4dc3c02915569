"""Observations: decided together, stored together, however many come at once."""
