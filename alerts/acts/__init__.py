"""What a clinician does to an alert: claim, acknowledge, note a contact, escalate, resolve."""
