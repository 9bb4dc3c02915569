"""Tries that came to nothing, counted: who guesses is slowed down, and no flood fills the audit."""
