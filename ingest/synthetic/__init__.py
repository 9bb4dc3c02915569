"""The invented person by whom the system watches itself, whom nobody ever sees (REL-33)."""
