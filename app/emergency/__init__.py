"""Access in an emergency to a patient who is not one's own: never silent, never for long."""
