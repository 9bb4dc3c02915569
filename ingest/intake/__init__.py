"""Several resources taken together, in the order in which they refer to each other."""
