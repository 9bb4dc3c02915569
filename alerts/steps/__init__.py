"""The chain of an alert: steps that become due until somebody acts."""
