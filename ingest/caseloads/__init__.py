"""Who was a patient of which team at which time."""
