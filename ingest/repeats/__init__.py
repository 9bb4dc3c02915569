"""Requests that were answered before: what an Idempotency-Key stands for."""
