"""Storing an enrolling resource once, whoever sends it again."""
