"""Reads the timelines of alerts that rose or came back."""
