"""What a team knows of a person's health and home, changed by hand: who, when, why."""
