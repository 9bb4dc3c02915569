"""What happened to people while a team had them, and not before or after."""
