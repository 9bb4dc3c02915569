"""The bench: simulated people, evaluation, reference data. Production never imports it."""
