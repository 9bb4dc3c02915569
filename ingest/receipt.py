"""What comes through the door and what is answered: plain values for every use case here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import UUID

from fhir.outcome import Issue, Refusal
from fhir.policy import LENIENT

if TYPE_CHECKING:
    from datetime import datetime

    from core.security import Caller
    from fhir.identity import Identifier
    from fhir.observation import ParsedObservation
    from fhir.policy import Policy


class Kind(StrEnum):
    """The resource types that are stored, in the order in which they refer to each other."""

    PRACTITIONER = "Practitioner"
    PRACTITIONER_ROLE = "PractitionerRole"
    PATIENT = "Patient"
    DEVICE = "Device"
    CARE_TEAM = "CareTeam"
    EPISODE_OF_CARE = "EpisodeOfCare"
    CONDITION = "Condition"
    MEDICATION_STATEMENT = "MedicationStatement"
    MEDICATION_REQUEST = "MedicationRequest"
    ENCOUNTER = "Encounter"
    CONSENT = "Consent"
    QUESTIONNAIRE_RESPONSE = "QuestionnaireResponse"
    OBSERVATION = "Observation"


STORED = tuple(kind.value for kind in Kind)
ANSWERING = (Kind.OBSERVATION, Kind.QUESTIONNAIRE_RESPONSE)  # whose values are readings
DELETABLE = (Kind.DEVICE, Kind.CONDITION)
RETRACTABLE = (  # by their status
    Kind.OBSERVATION,
    Kind.QUESTIONNAIRE_RESPONSE,
    Kind.CARE_TEAM,
    Kind.EPISODE_OF_CARE,
    Kind.MEDICATION_STATEMENT,
    Kind.MEDICATION_REQUEST,
    Kind.ENCOUNTER,
    Kind.CONSENT,
)
# What a rule may depend on: whoever it is about is judged anew.
CONTEXT = (
    Kind.CONDITION,
    Kind.EPISODE_OF_CARE,
    Kind.MEDICATION_STATEMENT,
    Kind.MEDICATION_REQUEST,
    Kind.ENCOUNTER,
    Kind.CONSENT,
)
HOW_TO_RETRACT = "send it again by PUT with status entered-in-error to take it back"
DIGEST = "urn:wardlight:sha256"  # names a resource that its sender gave no name
NOBODY = UUID(int=0)  # whom an Observation is about that a device made of itself
NO_SYSTEM = "urn:wardlight:client:"  # a patient's number without system means this client's


@dataclass(frozen=True, slots=True)
class Sender:
    """Who posts, and what was agreed with them at registration."""

    caller: Caller
    client_id: UUID
    base: str  # the absolute FHIR base that its references may be relative to
    site_zone: str = "UTC"
    history: bool = False  # declares a history load
    policy: Policy = LENIENT
    bound: bool = False  # speaks only for patients it enrolled or was granted (SEC-04)
    parks: bool = False  # its readings of people who are not enrolled yet wait


class Method(StrEnum):
    """What a request wants done with a resource."""

    POST = "POST"
    PUT = "PUT"
    DELETE = "DELETE"


@dataclass(frozen=True, slots=True)
class Posted:
    """One resource that somebody wants stored or taken away, with its own received bytes."""

    index: int
    type: str
    raw: bytes
    full_url: str = ""
    criteria: str = ""  # If-None-Exist, or the search of a conditional update
    method: Method = Method.POST
    id: str = ""  # as it is addressed, of a PUT by id or a DELETE
    if_match: str = ""
    if_none_match: str = ""
    trace: str = ""  # of the request it came with, where several are taken together

    @property
    def doing(self) -> str:
        """Return the word of FHIR for what is wanted."""
        return {Method.POST: "create", Method.PUT: "update"}.get(self.method, "delete")


@dataclass(frozen=True, slots=True)
class Name:
    """What a resource is called: its type, and an identifier's system and value."""

    type: str
    system: str
    value: str


@dataclass(frozen=True, slots=True)
class Readable:
    """A posted resource that is structurally sound; `names` are its identifiers."""

    posted: Posted
    names: tuple[Name, ...]
    issues: tuple[Issue, ...] = ()
    resource: dict[str, Any] | None = None
    observation: ParsedObservation | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one posted resource, before it becomes HTTP."""

    status: int
    issues: tuple[Issue, ...] = ()
    type: str = ""
    id: UUID | None = None
    version: int = 0
    modified: datetime | None = None
    patient_id: UUID | None = None
    called: str = ""  # the id that the sender gave it, where that is how it was addressed
    body: bytes | None = None  # a resource to answer with

    @property
    def refused(self) -> bool:
        """Return whether nothing was taken."""
        return self.status >= REFUSED


DELETED = "deleted"  # the status of a version that says only that there is nothing any more
REFUSED = 400
CREATED = 201
REPEATED = 200
NO_CONTENT = 204
NOT_MODIFIED = 304


def refuse(status: int, code: str, text: str, expression: str = "") -> Answer:
    """Return an answer with one error."""
    return Answer(status, (Issue("error", code, text, expression),))


CHANGED_SINCE = refuse(
    412,
    "conflict",
    "the version has changed since: read it again before it is replaced",
    "http.If-Match",
)


def refuse_for(patient_id: UUID, status: int, code: str, text: str, expression: str) -> Answer:
    """Return a refusal that the audit keeps beside the patient whom it protects."""
    return replace(refuse(status, code, text, expression), patient_id=patient_id)


def refused(refusal: Refusal, whole: str) -> Answer:
    """Return the answer that says what a refusal of the wire format says.

    `whole` is the type that was posted: the element where the fault is in all of the body.
    """
    return Answer(
        refusal.status,
        tuple(
            each if each.expression else replace(each, expression=whole) for each in refusal.issues
        ),
    )


def name_of(kind: str, identifier: Identifier) -> Name:
    """Return the name that an identifier gives."""
    return Name(kind, identifier.system, identifier.value)


def digest_of(raw: bytes) -> str:
    """Return what two equal bodies have in common."""
    return sha256(raw).hexdigest()
