"""The judgement: what the readings mean."""
