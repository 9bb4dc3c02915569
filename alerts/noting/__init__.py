"""Notes of clinicians on an alert."""
