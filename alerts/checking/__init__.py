"""The answers to the checklist of an alert."""
