"""Device integrations: registration, keys, tokens."""
