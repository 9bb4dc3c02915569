"""FHIR search: what EHR and device integrations may find of what was sent and what was judged."""
