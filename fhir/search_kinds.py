"""Which resource types are found: what others sent, what is written here, what is published."""

from __future__ import annotations

STORED_KINDS = (
    "Observation",
    "Patient",
    "Practitioner",
    "PractitionerRole",
    "Condition",
    "Device",
    "CareTeam",
    "EpisodeOfCare",
    "MedicationStatement",
    "MedicationRequest",
    "Encounter",
    "Consent",
    "QuestionnaireResponse",
)
WRITTEN_HERE = (
    "RiskAssessment",
    "DetectedIssue",
    "Flag",
    "Goal",
    "Task",
    "Communication",
    "CommunicationRequest",
    "Appointment",
    "Provenance",
    "AuditEvent",
    "CodeSystem",
    "Questionnaire",
)
PUBLISHED = ("CodeSystem", "Questionnaire")  # for everybody: no patient's data is in them
