"""How long each kind of data is kept, and what takes it away when its time is over (SEC-48)."""
