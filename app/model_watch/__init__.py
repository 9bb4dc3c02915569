"""What is watched of the model that judges: drift of its features, and its live calibration."""
