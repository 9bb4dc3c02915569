"""Bulk data: many resources in at once, and everything out."""
