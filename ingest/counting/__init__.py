"""For how many an Observation counts, as a copy or a bulk export carries it."""
