"""Whom a message to a patient goes to, and why it goes to nobody."""
