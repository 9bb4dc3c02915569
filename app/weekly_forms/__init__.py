"""What a team's week is handed out as: a page for paper, a PDF, a table, FHIR."""
