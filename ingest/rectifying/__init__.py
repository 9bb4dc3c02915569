"""Correcting what a record says: with a reason, as its next version, and written down."""
