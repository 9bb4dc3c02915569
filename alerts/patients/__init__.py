"""What patients and carers are told, when, and whether it got there."""
