"""What clinicians concluded about past alerts."""
