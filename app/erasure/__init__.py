"""Erasure of a person (GDPR Art. 17), and what forbids it for a while."""
