"""What the programme asked people to measure, and when."""
