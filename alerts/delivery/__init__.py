"""Who is told of a step, and whether the message got there."""
