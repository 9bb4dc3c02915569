"""Record numbers: who goes by which, found without a readable copy (SEC-27, SEC-28)."""
