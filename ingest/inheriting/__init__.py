"""Hands on for how many a reading counted, once it counts no more itself (decisions 56, 59)."""
