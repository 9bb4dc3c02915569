"""Finding in the audit who looked at whom, for whoever guards the privacy of patients."""
