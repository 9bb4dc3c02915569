"""The REDs of a person of which patient and carers are told, and those that were taken back."""
