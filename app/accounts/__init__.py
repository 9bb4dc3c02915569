"""Who may sign in, and which sign-ins are live."""
