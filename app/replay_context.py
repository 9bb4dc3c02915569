"""What a folder tells of a person besides readings: conditions, medicines, stays, their home."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fhir.context import read_encounter, read_medicine
from fhir.goal import read_scale_two
from fhir.identity import read_reference
from fhir.moments import moment
from fhir.people import read_condition, read_episode_of_care
from ingest.context.repository import classes
from ingest.dated import Facts, Span, alone_facts, revised
from ingest.enrolment import ACTIVE, Absence, Diagnosis, Stay
from ingest.placing import place
from ingest.telling import condition_said, diagnosis_fact, medicine_fact, medicine_said, pauses

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fhir.identity import Ref
    from fhir.measurement import ParsedObservation, When
    from ingest.enrolment import ConditionGroup, Person

TOLD = (
    "Condition",
    "MedicationStatement",
    "MedicationRequest",
    "Encounter",
    "EpisodeOfCare",
    "Goal",
)
NEVER_OVER = datetime.max.replace(tzinfo=UTC)
ALWAYS = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class Context:
    """By the name of what told it, each fact with its times; a later line of a name is a version.

    What does not say when it began was always so: a folder has no receipt.
    """

    conditions: dict[str, tuple[Span[tuple[tuple[str, str], ...]], ...]] = field(
        default_factory=dict
    )
    medicines: dict[str, tuple[Span[frozenset[str]], ...]] = field(default_factory=dict)
    absences: dict[str, tuple[Stay, ...]] = field(default_factory=dict)
    living: dict[str, tuple[When, bool]] = field(default_factory=dict)
    targets: dict[str, bool] = field(default_factory=dict)  # of 88 to 92 %, by a clinician

    def take(self, name: str, resource: Mapping[str, Any]) -> bool:
        """Take in one resource of `TOLD`; raises what a reader raises."""
        kind = str(resource["resourceType"])
        updated = moment(str((resource.get("meta") or {}).get("lastUpdated", "")))
        now = updated or NEVER_OVER
        if kind == "Condition":
            before = self.conditions.get(name, ()) if updated else ()
            said = condition_said(read_condition(resource), None)
            self.conditions[name] = revised(before, said, now=now)
        elif kind == "Encounter":
            self.absences[name] = _stay(resource)
        elif kind == "Goal":
            self.targets[name] = read_scale_two(resource) or False
        elif kind == "EpisodeOfCare":
            self.absences[name] = self._pauses(name, resource, updated)
        else:
            earlier = self.medicines.get(name, ()) if updated else ()
            read = read_medicine(resource)
            taken = medicine_said(read, classes(read.codes), None)
            self.medicines[name] = revised(earlier, taken, now=now)
        return True

    def _pauses(
        self, name: str, resource: Mapping[str, Any], updated: datetime | None
    ) -> tuple[Stay, ...]:
        """Return the pauses; one whose beginning nobody says excuses nothing."""
        before = self.absences.get(name, ())
        found = pauses(before, read_episode_of_care(resource), now=updated or NEVER_OVER)
        return tuple(stay for stay in found if stay.since != NEVER_OVER)

    def answer(self, name: str, parsed: ParsedObservation) -> None:
        """Take in, or take back, what an Observation says of who lives alone."""
        if parsed.lives_alone is not None:
            self.living[name] = (parsed.when, parsed.lives_alone)
        else:
            self.living.pop(name, None)

    def facts(self, zone: str, groups: Mapping[str, ConditionGroup]) -> Facts:
        """Return everything that is known, with its times."""
        found = [
            diagnosis_fact(Span(_active(span.what), span.since, span.until, span.heard), groups)
            for spans in self.conditions.values()
            for span in spans
        ]
        for spans in self.medicines.values():
            nothing: tuple[Span[frozenset[str]], ...] = (Span(frozenset()),)
            found += [medicine_fact(span) for span in spans or nothing]
        answers = (
            (place(when, zone, received=ALWAYS).effective, alone)
            for when, alone in self.living.values()
        )
        scale_two = any(self.targets.values())
        return Facts((*found, *alone_facts(answers)), scale_two)

    def stays(self) -> tuple[Stay, ...]:
        """Return stays and pauses, the earliest first."""
        every = (stay for stays in self.absences.values() for stay in stays)
        return tuple(sorted(every, key=lambda stay: stay.since))


def known_at_the_end(person: Person) -> Person:
    """Return a person as they were when everything had happened."""
    return person.at(NEVER_OVER.timestamp() - 1, math.inf)


def subject_of(resource: Mapping[str, Any]) -> Ref | None:
    """Return whom a resource is about."""
    return read_reference(resource.get("subject") or resource.get("patient"))


def name_of(parsed: ParsedObservation) -> str:
    """Return by what an Observation is known: its id, else its first identifier."""
    named = (f"{each.system}|{each.value}" for each in parsed.identifiers)
    known = parsed.resource_id or next(named, "")
    return f"{parsed.kind}/{known}" if known else ""


def _active(codes: tuple[tuple[str, str], ...]) -> Diagnosis:
    return Diagnosis(codes, ACTIVE[0])


def _stay(resource: Mapping[str, Any]) -> tuple[Stay, ...]:
    read = read_encounter(resource)
    if not read.inpatient or read.since is None:
        return ()
    # Over, and nobody said when: it excuses nothing.
    until = read.until or (read.since if read.finished else None)
    return (Stay(Absence.ADMITTED, read.since, until),)
