"""What is said where a resource of one patient would become another's (pure)."""

from __future__ import annotations

from ingest.receipt import Answer, Kind, refuse

_BY_PATIENT = (Kind.CONSENT, Kind.EPISODE_OF_CARE)  # whose element is not the subject
_FIRST = "send that one with status entered-in-error or DELETE it, and then the right one"


def taken(kind: str, *, replaces: bool) -> Answer:
    """Return the answer where an address or an identifier is of what was said of another patient.

    Whoever it was said of would lose it without a word: a diagnosis, a team, a refusal.
    """
    if replaces:
        text = f"this stays with the patient of whom it was said: {_FIRST} as a new resource"
        element = "patient" if kind in _BY_PATIENT else "subject"
        return refuse(422, "business-rule", text, f"{kind}.{element}")
    text = f"this identifier belongs to what was said of another patient: {_FIRST} with its own"
    return refuse(422, "business-rule", text, f"{kind}.identifier")
