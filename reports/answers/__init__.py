"""Who was reached when, and whether an alert began in the hours of service."""
