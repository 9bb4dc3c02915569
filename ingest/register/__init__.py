"""Keeping the register of people by hand: enrolling them, and correcting what is wrong."""
