"""What providers tell of messages that they took, and how providers do."""
