"""Scores that somebody contests, and what a clinician answers."""
