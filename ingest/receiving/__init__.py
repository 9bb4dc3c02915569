"""What arrives over HTTP: who asks, the body within its bounds, the form of an answer."""
