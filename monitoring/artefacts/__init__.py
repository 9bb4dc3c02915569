"""The file of the learned model, wherever it lies."""
