"""What the people and teams are called whom an alert mentions."""
