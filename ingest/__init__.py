"""The door: authenticated clients in, each reading stored once."""
