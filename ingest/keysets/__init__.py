"""Public keys of clients that keep theirs at an address of their own."""
