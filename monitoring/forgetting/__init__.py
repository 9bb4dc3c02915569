"""What is judged of the synthetic person is of no use an hour later (REL-33)."""
