"""A file of people: shown with all that is wrong before anything of it is stored."""
