"""Which learned model scored, and what its outcomes said."""
