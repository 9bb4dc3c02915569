"""What a judgement does to the episodes of a patient."""
