"""What proves that nobody deleted, changed, added or moved an event of the audit (SEC-18)."""
