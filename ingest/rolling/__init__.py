"""Keeps, as they arrive, what stands for the readings of a dense stream."""
