"""A patient's or carer's own page: opened by a link that works once, answered as FHIR."""
