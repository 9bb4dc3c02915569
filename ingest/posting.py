"""Whether a posted resource can be read at all: its type, its structure, its names (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fhir.bundle import head
from fhir.identity import read_identifiers
from fhir.observation import parse
from fhir.outcome import Issue, Refusal
from fhir.questionnaire_response import parse_answers
from fhir.strict import check, decode
from ingest.receipt import (
    ANSWERING,
    NO_SYSTEM,
    STORED,
    Answer,
    Kind,
    Method,
    Name,
    Posted,
    Readable,
    Sender,
    name_of,
    refuse,
    refused,
)

if TYPE_CHECKING:
    from fhir.observation import ParsedObservation

# PostgreSQL cannot hold this character, and FHIR forbids it in every string.
_NUL = b"\\u0000"
LONGEST_NAME = 1024  # what an index of PostgreSQL holds with room to spare
UNUSED = Issue(
    "information",
    "not-supported",
    "understood, but not used by this server, and therefore not stored",
)


def read(posted: Posted, sender: Sender) -> Readable | Answer:
    """Return the resource if it may be taken further, or the answer that ends it here."""
    if _NUL in posted.raw:
        return refuse(400, "value", "the character U+0000 is not allowed in FHIR", posted.type)
    found = _observation(posted, sender) if posted.type in ANSWERING else _other(posted, sender)
    if isinstance(found, Readable) and (wrong := _misaddressed(posted)):
        return wrong
    if isinstance(found, Readable) and any(_too_long(name) for name in found.names):
        text = f"system and value may have {LONGEST_NAME} bytes together"
        return refuse(422, "too-long", text, f"{posted.type}.identifier")
    return found


def _misaddressed(posted: Posted) -> Answer | None:
    """Return why a body put to an id is not the resource of that id (FHIR-05)."""
    if posted.method is not Method.PUT or posted.criteria:
        return None
    _, said, _ = head(posted.raw)
    if not said:
        text = "the body of a PUT must hold its id: the last part of the address"
        return refuse(400, "required", text, f"{posted.type}.id")
    if said != posted.id:
        text = "the id of the body is not the last part of the address"
        return refuse(400, "invalid", text, f"{posted.type}.id")
    return None


def _too_long(name: Name) -> bool:
    return len(f"{name.system}{name.value}".encode()) > LONGEST_NAME


def _other(posted: Posted, sender: Sender) -> Readable | Answer:
    document = decode(sender.policy.unmarked(posted.raw))
    if isinstance(document, Refusal):
        return refused(document, posted.type)
    resource = sender.policy.without_nulls(document)
    issues = check(resource)
    if isinstance(issues, Refusal):
        return refused(issues, posted.type)
    if resource.get("resourceType") != posted.type:
        return wrong_type(posted.type)
    if posted.type not in STORED:
        return Answer(200, (*issues, UNUSED))
    names = tuple(name_of(posted.type, each) for each in read_identifiers(resource))
    return Readable(posted, tuple(_owned(each, sender) for each in names), issues, resource)


def _observation(posted: Posted, sender: Sender) -> Readable | Answer:
    parsed = parsed_of(posted.type, posted.raw, sender)
    if isinstance(parsed, Refusal):
        return refused(parsed, posted.type)
    names = tuple(name_of(posted.type, each) for each in parsed.identifiers)
    return Readable(posted, names, parsed.warnings, observation=parsed)


def parsed_of(kind: str, raw: bytes, sender: Sender) -> ParsedObservation | Refusal:
    """Return what an Observation, or the answers to the daily questions, say."""
    reader = parse_answers if kind == Kind.QUESTIONNAIRE_RESPONSE else parse
    return reader(raw, sender.policy)


def _owned(name: Name, sender: Sender) -> Name:
    """Give a patient's number without system to the client: bare numbers never merge (SEC-28)."""
    if name.type != Kind.PATIENT or name.system:
        return name
    return Name(name.type, f"{NO_SYSTEM}{sender.client_id}", name.value)


def wrong_type(expected: str) -> Answer:
    """Return the answer to a body of another type than the address says."""
    return refuse(400, "invalid", f"the body must be a {expected}", "resourceType")
