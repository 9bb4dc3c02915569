"""What learned models in shadow said, beside what was said and what came of it."""
