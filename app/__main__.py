"""`python -m app`: the same program as the `wardlight` command."""

from app.cli import main

main()
