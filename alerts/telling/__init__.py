"""Whom a due step reaches, and by which channels."""
