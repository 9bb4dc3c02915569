"""Whether every alert has its next step and every message its outcome, on live data."""
