"""A person's daily budget of alerts, and the digest of what went beyond it (AL-17)."""
