"""Since when people are watched, how they were enrolled, and what they sent."""
