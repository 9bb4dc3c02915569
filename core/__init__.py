"""What every room may stand on: vocabulary, clock, settings, database, security, audit."""
