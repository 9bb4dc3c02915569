"""The on-call rota of a team, leave and substitutes: rows that people write and take back."""
