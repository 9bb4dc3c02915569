"""From how many people readings came, so that all of them falling silent is seen (REL-34)."""
