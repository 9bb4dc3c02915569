"""How each person, team and lane is reached outside the inbox."""
