"""The last step of the synthetic person's way: told to nobody, and over (REL-33)."""
