"""Alerts whose score somebody contests."""
