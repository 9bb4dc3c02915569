"""The channels that leave the login wall."""
