"""What a clinician tells a patient after a review."""
