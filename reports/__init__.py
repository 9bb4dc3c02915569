"""The account: what happened, for whom, and how well it was answered."""
