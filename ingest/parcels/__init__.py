"""Received bytes, kept together: one sealed parcel for what came in one transaction."""
