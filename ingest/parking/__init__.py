"""Readings of people who are not enrolled yet: kept sealed until they are."""
