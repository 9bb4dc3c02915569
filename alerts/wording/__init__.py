"""What somebody wrote about a person: sealed, wherever it stands with an alert."""
