"""Bulk loads: many resources, each on a line of its own."""
