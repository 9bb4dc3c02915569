"""Forms that are sent more than once, and count once."""
