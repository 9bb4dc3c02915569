"""Incidents of the whole system, which speak for what they would do to each patient (REL-34)."""
