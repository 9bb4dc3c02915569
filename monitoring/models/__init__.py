"""The registry of learned models: which is tried, which judges, and by whose word."""
