"""Backups: everything in one snapshot, each person under a key of their own."""
