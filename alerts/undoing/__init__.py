"""Taking one's own act back within seconds."""
