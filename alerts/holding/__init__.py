"""Alerts of which nobody is told while the person is in hospital or monitoring is paused."""
