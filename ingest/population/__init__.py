"""Many people at once: what a judgement needs, in a few queries for all of them."""
