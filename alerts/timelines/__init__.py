"""The timeline of an alert, as pages read it."""
