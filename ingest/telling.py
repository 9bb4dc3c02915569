"""What a resource tells of a person besides readings: facts, and pauses of the programme (pure)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ingest.dated import Said, times_of
from ingest.enrolment import (
    DISPROVEN,
    Absence,
    Diagnosis,
    Stay,
    groups_of,
    hypercapnic,
    says_home_oxygen,
    says_lives_alone,
    traits_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from fhir.context import ParsedMedicine
    from fhir.people import ParsedCondition, ParsedEpisodeOfCare
    from ingest.dated import Fact, Span
    from ingest.enrolment import ConditionGroup

    Codes = tuple[tuple[str, str], ...]

ERROR = "entered-in-error"
ON_HOLD = "onhold"


def condition_said(read: ParsedCondition, received: datetime | None) -> Said[Codes]:
    """Return what one Condition says; `received` None for a record that was always there."""
    return Said(
        read.codes,
        holds=Diagnosis(read.codes, read.clinical_status, read.verification_status).active,
        never=read.verification_status in DISPROVEN,
        since=read.since,
        until=read.until,
        heard=_heard(read.recorded, received),
    )


def medicine_said(
    read: ParsedMedicine, known: frozenset[str], received: datetime | None
) -> Said[frozenset[str]]:
    """Return what one statement or request says of a medicine of these classes."""
    return Said(known, read.taken, read.never, read.since, read.until, _heard(read.said, received))


def _heard(written: datetime | None, received: datetime | None) -> datetime | None:
    return min((each for each in (written, received) if each is not None), default=None)


def diagnosis_fact(span: Span[Diagnosis], groups: Mapping[str, ConditionGroup]) -> Fact:
    """Return what an entry of a problem list makes true while it holds."""
    one = [span.what]
    return replace(
        times_of(span),
        groups=groups_of(one, groups),
        traits=traits_of(one),
        hypercapnic=hypercapnic(one),
        alone=says_lives_alone(one) or None,
        oxygen=says_home_oxygen(one),
    )


def held_for(fact: Fact, span: Span[Diagnosis]) -> Fact:
    """Return a fact with the times of a span."""
    times = times_of(span)
    return replace(fact, since=times.since, until=times.until, heard=times.heard)


def medicine_fact(span: Span[frozenset[str]]) -> Fact:
    """Return what a medicine makes true while it is taken."""
    return replace(times_of(span), medicines=span.what, medicine=True)


def pauses(before: Sequence[Stay], read: ParsedEpisodeOfCare, *, now: datetime) -> tuple[Stay, ...]:
    """Return every pause of an episode of care, once a further version of it is known at `now`.

    Its own history of statuses says when; without one, a pause lasts from when it was heard of
    until something else was.
    """
    if read.status == ERROR:
        return ()
    told = tuple(Stay(Absence.PAUSED, since, until) for since, until in read.holds)
    on = read.status == ON_HOLD
    open_ = next((stay for stay in before if stay.until is None), None)
    ended = tuple(stay for stay in told or before if stay.until is not None)
    left = tuple(stay for stay in told if stay.until is None)
    if not on:
        over = left or ((open_,) if open_ is not None and not told else ())
        return (*ended, *(Stay(Absence.PAUSED, each.since, now) for each in over))
    return (*ended, *(left or (open_ or Stay(Absence.PAUSED, now),)))
