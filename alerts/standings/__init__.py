"""What of an episode's evidence still stands."""
