"""By which names what was stored is found again."""
