"""What rules must know of a person besides readings."""
