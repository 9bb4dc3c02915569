"""Who looks after whom, and who answers for it."""
