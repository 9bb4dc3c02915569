"""What was corrected of a record by hand: before, after, who, when and why."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.pages.door import Door, Visit
from app.pages.language import Language, language
from app.pages.wording import Moment, moment
from fhir.codes import codings
from fhir.people import read_patient
from ingest.receipt import Kind
from ingest.rectifying.repository import said_of
from ingest.rectifying.service import What
from ingest.register.repository import Corrected, corrections_of

IDENTITY = frozenset(
    {
        *(What.NAME, What.BIRTH_DATE, What.SEX),
        *(What.NUMBER_ADDED, What.NUMBER_ENDED),
        *(What.NUMBER_MOVED_AWAY, What.NUMBER_MOVED_HERE),
    }
)
WORDS = {
    What.NAME: "Name",
    What.BIRTH_DATE: "Day of birth",
    What.SEX: "Sex",
    What.NUMBER_ADDED: "Record number added",
    What.NUMBER_ENDED: "Record number ended",
    What.NUMBER_MOVED_AWAY: "Record number moved to another record",
    What.NUMBER_MOVED_HERE: "Record number moved here from another record",
    What.LANGUAGE: "Language",
    What.ZONE: "Time zone",
    What.CONTACTS: "Numbers to call",
    What.CONDITION_ADDED: "Condition added",
    What.CONDITION_ENDED: "Condition ended",
    What.CONDITION_NEVER: "Condition entered in error",
    What.LIVES_ALONE: "Lives alone",
    What.DIED: "Day of death",
}


@dataclass(frozen=True, slots=True)
class CorrectedPrint:
    """One change in words."""

    what: str
    before: str
    after: str
    who: str
    at: Moment
    reason: str


def corrections(
    door: Door, visit: Visit, patients: Collection[UUID], *, health: bool
) -> list[CorrectedPrint]:
    """Return what was changed of records, the newest first; of their health only where asked."""
    said = language(visit.language)
    return [
        _print(door, visit, each, said)
        for each in corrections_of(visit.session, patients)
        if health or each.what in IDENTITY
    ]


def _print(door: Door, visit: Visit, each: Corrected, said: Language) -> CorrectedPrint:
    kind, what = Kind(each.kind), What(each.what)
    after = said_of(visit.session, kind, each.resource_id, each.version)
    before = said_of(visit.session, kind, each.resource_id, each.version - 1)
    old, new = _values(what, before, said), _values(what, after, said)
    if kind is Kind.CONDITION:  # what it was stays the same, and only its time changes
        old = []
    elif what not in SHOWN_WHOLE:
        gone, come = [v for v in old if v not in new], [v for v in new if v not in old]
        old, new = gone, come
    return CorrectedPrint(
        said.say(WORDS[what]),
        ", ".join(old),
        ", ".join(new),
        each.author or said.say("somebody without a post"),
        moment(each.at, now=visit.now, zone=door.zone, language=visit.language),
        each.reason,
    )


SHOWN_WHOLE = frozenset({What.NAME, What.BIRTH_DATE, What.SEX, What.LANGUAGE, What.ZONE})


def _values(what: What, resource: Mapping[str, Any], said: Language) -> list[str]:
    """Return what a version said of what was changed."""
    if not resource:
        return []
    if resource.get("resourceType") == Kind.CONDITION:
        return [code for _, code in codings(resource.get("code"))]
    if resource.get("resourceType") == Kind.OBSERVATION:
        return [said.say("yes") if resource.get("valueBoolean") else said.say("no")]
    read = read_patient(resource)
    values = {
        What.NAME: [read.name],
        What.BIRTH_DATE: [read.birth_date.isoformat() if read.birth_date else ""],
        What.SEX: [said.say(read.sex)] if read.sex else [],
        What.LANGUAGE: [read.language],
        What.ZONE: [read.zone],
        What.CONTACTS: list(_points(resource)),
        What.DIED: [str(resource.get("deceasedDateTime", ""))],
    }
    return [each for each in values.get(what, _numbers(resource)) if each]


def _numbers(resource: Mapping[str, Any]) -> list[str]:
    """Return the numbers in force."""
    return [
        f"{each.get('system', '')} {each.get('value', '')}".strip()
        for each in resource.get("identifier", ())
        if "end" not in (each.get("period") or {})
    ]


def _points(resource: Mapping[str, Any]) -> list[str]:
    own = [str(each.get("value", "")) for each in resource.get("telecom", ())]
    for person in resource.get("contact", ()):
        name = str((person.get("name") or {}).get("text", ""))
        own += [f"{name} {each.get('value', '')}".strip() for each in person.get("telecom", ())]
    return own
