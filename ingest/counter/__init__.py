"""Single readings that arrive together are written together."""
