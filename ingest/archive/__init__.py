"""The record: received bytes by version, and what their senders call them."""
