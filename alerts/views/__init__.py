"""What pages read of the alerts."""
