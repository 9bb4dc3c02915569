"""Who may do what in the clinic, and who gave or took it."""
