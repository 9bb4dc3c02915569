"""Reads a folder of FHIR R4 NDJSON into people and their readings, by time of arrival.

A line that is refused is counted and named, never fatal: the rest of the folder still counts.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from app.replay_context import TOLD, Context, name_of, subject_of
from fhir.measurement import ParsedObservation
from fhir.observation import parse
from fhir.outcome import Refusal
from fhir.people import read_patient
from fhir.questionnaire_response import parse_answers
from fhir.strict import decode
from fhir.summed import count_of
from fhir.task import read_conclusion

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from fhir.identity import Ref
    from fhir.people import ParsedPatient
    from fhir.task import ParsedConclusion

T = TypeVar("T")
WITHDRAWN = frozenset({"cancelled", "entered-in-error"})


@dataclass(slots=True)
class Member:
    """One Patient of the folder with everything that names them."""

    id: str
    parsed: ParsedPatient
    context: Context = field(default_factory=Context)
    observations: list[ParsedObservation] = field(default_factory=list)
    conclusions: list[ParsedConclusion] = field(default_factory=list)
    stamps: list[ParsedObservation] = field(default_factory=list)  # of their devices' clocks
    devices: set[str] = field(default_factory=set)  # which sent what they measured


@dataclass(slots=True)
class Folder:
    """What a folder holds: members by id, and how many lines were refused, by reason."""

    members: dict[str, Member] = field(default_factory=dict)
    taken: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    stamps: list[ParsedObservation] = field(default_factory=list)  # whose subject is a device
    _by_identifier: dict[tuple[str, str], str] = field(default_factory=dict)

    def add(self, member: Member) -> None:
        """Add a patient, known by id and by each identifier."""
        self.members[member.id] = member
        for each in member.parsed.identifiers:
            self._by_identifier[each.system, each.value] = member.id

    def find(self, subject: Ref | None) -> Member | None:
        """Return whom a reference means, or None where that is nobody in the folder, or two."""
        if subject is None:
            return None
        known = self.members.get(subject.id or subject.url.removeprefix("urn:uuid:"))
        if subject.identifier is None:
            return known
        name = (subject.identifier.system, subject.identifier.value)
        named = self.members.get(self._by_identifier.get(name, ""))
        if known is None or named is None:
            return known or named
        return known if known is named else None


def read(folder: Path, progress: Callable[[str], None] = lambda _: None) -> Folder:
    """Read each file that says what rules use; a missing file holds no lines."""
    found = Folder()
    for name, take in (
        ("Patient", _take_patient),
        *((kind, _taking(kind)) for kind in TOLD),
        ("Observation", _take_observation),
        ("QuestionnaireResponse", _take_answers),
        ("Task", _take_task),
    ):
        progress(name)
        for number, line in enumerate(_lines(folder / f"{name}.ndjson"), start=1):
            fault = take(found, line, number)
            counter = found.refused if fault else found.taken
            counter[f"{name}: {fault}" if fault else name] += 1
    _spread_stamps(found)
    return found


def _spread_stamps(folder: Folder) -> None:
    """Give what a device's clock showed to each person who measures with that device."""
    for stamp in folder.stamps:
        for member in folder.members.values():
            if device_of(stamp.subject) in member.devices:
                member.stamps.append(stamp)


def _lines(path: Path) -> Iterator[bytes]:
    if not path.is_file():
        return
    with path.open("rb") as source:
        for line in source:
            if stripped := line.strip().removeprefix(b"\xef\xbb\xbf"):
                yield stripped


def _resource(line: bytes, kind: str) -> dict[str, Any] | str:
    resource = decode(line)
    if isinstance(resource, Refusal):
        return _reason(resource)
    return resource if resource.get("resourceType") == kind else f"not a {kind}"


def _take_patient(folder: Folder, line: bytes, number: int) -> str:
    resource = _resource(line, "Patient")
    if isinstance(resource, str):
        return resource
    parsed = _guarded(read_patient, resource)
    if parsed is None:
        return "its structure is not that of FHIR R4"
    folder.add(Member(str(resource.get("id") or f"line-{number}"), parsed))
    return ""


def _taking(kind: str) -> Callable[[Folder, bytes, int], str]:
    """Return what takes a line that tells of a person something besides readings."""

    def take(folder: Folder, line: bytes, number: int) -> str:
        resource = _resource(line, kind)
        if isinstance(resource, str):
            return resource
        whose = _guarded(subject_of, resource)
        member = folder.find(whose)
        if member is None:
            return "no such patient in the folder"
        name = str(resource.get("id") or f"line-{number}")
        told = _guarded(lambda each: member.context.take(f"{kind}/{name}", each), resource)
        return "" if told else "its structure is not that of FHIR R4"

    return take


def _reason(refusal: Refusal) -> str:
    first = refusal.issues[0]
    return f"{first.expression}: {first.text}" if first.expression else first.text


def _guarded(reader: Callable[[Mapping[str, Any]], T], resource: Mapping[str, Any]) -> T | None:
    try:
        return reader(resource)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _take_observation(folder: Folder, line: bytes, number: int) -> str:
    parsed = parse(line)
    try:
        counts = count_of(line) if isinstance(parsed, ParsedObservation) else 1
    except ValueError:
        return "counts for a number that cannot be"
    if counts > 1 and isinstance(parsed, ParsedObservation):
        parsed = replace(parsed, counts=counts)
    return _take_parsed(folder, parsed, number)


def _take_answers(folder: Folder, line: bytes, number: int) -> str:
    return _take_parsed(folder, parse_answers(line), number)


def _take_parsed(folder: Folder, parsed: ParsedObservation | Refusal, number: int) -> str:
    if isinstance(parsed, Refusal):
        return _reason(parsed)
    member = folder.find(parsed.subject)
    if member is None and parsed.showed is not None and _is_device(parsed.subject):
        folder.stamps.append(parsed)
        return ""
    if member is None:
        return "no such patient in the folder"
    if parsed.showed is not None:
        member.stamps.append(parsed)
    if parsed.device is not None:
        member.devices.add(device_of(parsed.device))
    member.context.answer(name_of(parsed) or f"line-{number}", parsed)
    if parsed.measurements or parsed.status in WITHDRAWN:
        member.observations.append(parsed)
    return ""


def _is_device(ref: Ref | None) -> bool:
    return ref is not None and ref.type == "Device"


def device_of(ref: Ref | None) -> str:
    """Return what a folder calls a device."""
    return (ref.id or ref.url) if ref else ""


def _take_task(folder: Folder, line: bytes, _number: int) -> str:
    """Take how an alert ended; a Task that bears no outcome is none of ours to judge by."""
    resource = _resource(line, "Task")
    if isinstance(resource, str):
        return resource
    parsed = _guarded(read_conclusion, resource)
    if parsed is None:
        return ""
    member = folder.find(parsed.subject)
    if member is None:
        return "no such patient in the folder"
    member.conclusions.append(parsed)
    return ""
