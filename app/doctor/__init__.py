"""What `wardlight doctor` looks at, and what a process asks of its database before it starts."""
