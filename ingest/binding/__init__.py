"""For whom a client and a device may speak (SEC-04)."""
