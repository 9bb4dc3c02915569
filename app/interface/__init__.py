"""The description of the machines' door, for programs and for people."""
