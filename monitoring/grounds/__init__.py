"""What earlier judgements held their findings against, for pages that show many at once."""
