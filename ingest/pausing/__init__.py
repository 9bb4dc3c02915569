"""Pauses that a clinician declares: a holiday, a planned admission."""
