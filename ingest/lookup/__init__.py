"""Looking up one resource: its latest version, a named one, or all of them."""
