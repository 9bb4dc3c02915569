"""What is heard from each person, stream by stream."""
