"""What each kind of event is called, for who reads the audit; pure.

The code stays beside the word: files and AuditEvents have it.
"""

from __future__ import annotations

PAGE = "A page that was refused"
RESOURCE = "What FHIR calls so"
RETENTION = "Data whose time is over"
OTHER = "Another kind"
WORDS = {
    "accesses": "Who looked at a person",
    "alert": "An alert",
    "app_user": "An account",
    "appointment": "A video visit",
    "asked_measurement": "What a person is asked to measure",
    "audit": "The audit",
    "audit-export": "The audit as a file",
    "audit-restored": "The audit after a restore",
    "backup": "A backup",
    "care_team": "A team",
    "choice": "What a person lets be done",
    "client": "An integration",
    "client_patient": "For whom an integration speaks",
    "contact_point": "Where somebody is reached",
    "copy": "The copy of a person's data",
    "copy-taken-in": "The copy of a person's data, taken in from another system",
    "daily_question": "The daily question",
    "dead-letter": "Work that was given up",
    "digest": "A digest",
    "discharge": "The end of monitoring",
    "emergency-override-started": "Access in an emergency, begun",
    "emergency-override-stopped": "Access in an emergency, ended",
    "emergency-review": "A review of access in an emergency",
    "enrolment_preview": "A file of people to enrol",
    "erasure": "An erasure",
    "facts": "Conditions and medicines of a person",
    "field_keys": "The keys of sealed fields",
    "followed-day": "A day that is looked back on",
    "inbox": "The inbox",
    "legal-hold": "A legal hold",
    "minutes": "Minutes spent",
    "model": "A learned model",
    "on_call_shift": "The rota",
    "page-print": "A page on paper",
    "parked": "What waits for whose it is",
    "patient": "A person's page or record",
    "patients": "The list of patients",
    "patient_identifier": "A number of a person",
    "patient_merge": "Two records of one person",
    "patient_message": "A message to a person",
    "patient_number": "A telephone number of a person",
    "pause": "A pause",
    "plan": "A plan",
    "practitioner": "A member of staff",
    "practitioner_leave": "Leave of staff",
    "programme": "The clocks of the programme",
    "programme-export": "The clocks of the programme as a file",
    "programme_setting": "Settings of the programme",
    "quality": "The quality of alerts",
    "record": "A person's record",
    "retention": "How long data are kept",
    "score-contest": "A contested score",
    "set-up-link": "The link of the first start",
    "sign-in": "Signing in",
    "sign-out": "Signing out",
    "site": "A site",
    "training-run": "A training of a model",
    "trends": "Trends of a person",
    "user-rights": "What an account may do",
    "weekly-mail": "E-mail about weekly reports",
    "weekly-report": "A weekly report",
    "weekly-report-export": "A weekly report as a file",
    "weekly-report-print": "A weekly report for paper",
}


def word_of(kind: str) -> str:
    """Return what a kind is called; where nobody thought of it, that it is another."""
    if kind in WORDS:
        return WORDS[kind]
    if kind.startswith("/"):
        return PAGE  # named by the route that did not open
    if kind.startswith("retention/"):
        return RETENTION
    return RESOURCE if kind[:1].isupper() else OTHER
