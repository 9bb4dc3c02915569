"""What a clinician sees of our alerts inside another system's chart (CDS Hooks 2.0, FHIR-23)."""
