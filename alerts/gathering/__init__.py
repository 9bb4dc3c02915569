"""Messages about one person that wait for each other, and leave as one (AL-09)."""
