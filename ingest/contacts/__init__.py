"""By which number a patient and their carers can be told something, and whether they may be."""
