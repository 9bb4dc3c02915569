"""Who may come in now: shared budgets, and what waits outside while work piles up."""
