"""What a CDS client asks, and what it tells back about a card; the rest is refused by name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from fhir.identity import Identifier, read_identifiers
from fhir.outcome import Refusal, refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

HOOK = "patient-view"
OUTCOMES = ("accepted", "overridden")
LONGEST_COMMENT = 2000
MOST_FEEDBACK = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose chart is open: the chart's own id, and the record numbers that came along."""

    patient: str
    numbers: tuple[Identifier, ...] | None  # None where no Patient came along


@dataclass(frozen=True, slots=True)
class Feedback:
    """What became of one card in the hands of a clinician."""

    card: UUID
    outcome: str
    at: datetime
    reason: str = ""  # a code
    comment: str = ""


def read_request(document: Mapping[str, Any]) -> Asked | Refusal:
    """Return what is asked; an address or token of the client's server is never used."""
    if document.get("hook") != HOOK:
        return _no("hook", f"hook must be {HOOK}")
    if _uuid(document.get("hookInstance")) is None:
        return _no("hookInstance", "hookInstance must be a UUID")
    context = document.get("context")
    if not isinstance(context, dict):
        return _no("context", "context must be an object")
    for name in ("patientId", "userId"):
        if not isinstance(context.get(name), str) or not context[name]:
            return _no(f"context.{name}", f"{name} must be a text")
    prefetch = document.get("prefetch", {})
    if not isinstance(prefetch, dict):
        return _no("prefetch", "prefetch must be an object")
    return _asked(context["patientId"], prefetch.get("patient"))


def _asked(patient: str, fetched: object) -> Asked | Refusal:
    bare = patient.removeprefix("Patient/")
    if fetched is None:
        return Asked(bare, None)
    whole = isinstance(fetched, dict) and fetched.get("resourceType") == "Patient"
    if not isinstance(fetched, dict) or not whole:
        return _no("prefetch.patient", "prefetch.patient must be a Patient")
    if fetched.get("id", bare) != bare:
        return _no("prefetch.patient.id", "prefetch.patient must be the patient of the context")
    listed = fetched.get("identifier", [])
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        return _no("prefetch.patient.identifier", "identifier must be a list of objects")
    return Asked(bare, read_identifiers(fetched))


def read_feedback(document: Mapping[str, Any]) -> tuple[Feedback, ...] | Refusal:
    """Return what is told of cards; nothing is kept unless all of it is understood."""
    listed = document.get("feedback")
    if not isinstance(listed, list) or not 1 <= len(listed) <= MOST_FEEDBACK:
        return _no("feedback", f"feedback must be a list of 1 to {MOST_FEEDBACK} entries")
    read = []
    for index, each in enumerate(listed):
        one = _feedback(each, f"feedback[{index}]")
        if isinstance(one, Refusal):
            return one
        read.append(one)
    return tuple(read)


def _feedback(entry: object, path: str) -> Feedback | Refusal:
    if not isinstance(entry, dict):
        return _no(path, "an entry must be an object")
    card, at = _uuid(entry.get("card")), _instant(entry.get("outcomeTimestamp"))
    if card is None:
        return _no(f"{path}.card", "card must be the uuid of a card")
    if entry.get("outcome") not in OUTCOMES:
        return _no(f"{path}.outcome", f"outcome must be one of {', '.join(OUTCOMES)}")
    if at is None:
        return _no(f"{path}.outcomeTimestamp", "outcomeTimestamp must be an instant with its zone")
    why = _why(entry.get("overrideReason", {}), f"{path}.overrideReason")
    return why if isinstance(why, Refusal) else Feedback(card, entry["outcome"], at, *why)


def _why(why: object, path: str) -> tuple[str, str] | Refusal:
    """Return the code and the comment of an override."""
    reason = why.get("reason", {}) if isinstance(why, dict) else None
    if not isinstance(why, dict) or not isinstance(reason, dict):
        return _no(path, "overrideReason must be an object with a reason")
    code, comment = reason.get("code", ""), why.get("userComment", "")
    if not isinstance(code, str) or not isinstance(comment, str) or len(comment) > LONGEST_COMMENT:
        text = f"code and userComment are texts, the comment of at most {LONGEST_COMMENT}"
        return _no(path, text)
    return code, comment


def _uuid(value: object) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _instant(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found and found.tzinfo else None


def _no(path: str, text: str) -> Refusal:
    return refusal(400, "invalid", text, path)
