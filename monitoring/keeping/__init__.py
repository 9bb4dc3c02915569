"""What was judged, kept once for each effect, and what follows from it."""
