"""The minutes that were spent on a patient, for the programme's clock."""
