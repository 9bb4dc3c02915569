"""What nobody foresaw of one entry costs that entry, and none beside it."""
