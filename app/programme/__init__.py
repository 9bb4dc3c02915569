"""The programme's clocks of a team, and what its alerts may be worth, with what they rest on."""
