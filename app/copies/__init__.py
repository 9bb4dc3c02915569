"""A copy of all that is kept of one person: for them, for another system, and on paper (SEC-43)."""
