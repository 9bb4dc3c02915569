"""What a person was asked to measure again, and until when (AL-20)."""
