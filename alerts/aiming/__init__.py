"""Whom an alert would reach if somebody escalated it now."""
