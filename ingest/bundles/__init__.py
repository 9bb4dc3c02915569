"""Batches and transactions: many requests in one body."""
