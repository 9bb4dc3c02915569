"""Sums up single movements into their hours, and hours into days, once their time is over."""
