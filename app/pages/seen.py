"""Whether each person's readings arrive and are judged, for the list of patients (AL-22)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

import monitoring.repository
from app.pages.explained import Reader
from app.pages.wording import Moment
from core.vitals import MEASURES, Vital
from ingest.context.repository import stays_of
from ingest.roster import PatientProfile
from ingest.streams.repository import last_contacts
from monitoring.findings import Awaited
from monitoring.liveness import STREAM_GONE, Known, known
from monitoring.schedule import Source


@dataclass(frozen=True, slots=True)
class Heard:
    """One stream of a person, and when it was last heard."""

    name: str
    last: Moment | None  # None where it was asked for and never came
    expected: Moment | None = None  # from when on its next measurement is late
    by: str = ""  # who says so
    why: str = ""  # why it is missing, where it is


def streams_of(session: Session, patient_id: UUID, reader: Reader) -> list[Heard]:
    """Return a person's streams of the last four weeks, the one heard longest ago first.

    With what is expected of each, and why it is missing, as the last judgement knows it.
    """
    since = reader.now - STREAM_GONE
    contacts = last_contacts(session, [patient_id], since=since).get(patient_id, {})
    expected = monitoring.repository.expected_of(session, [patient_id]).get(patient_id, {})
    never = sorted(vital for vital in expected if vital not in contacts and _asked(expected[vital]))
    heard = [vital for vital, _ in sorted(contacts.items(), key=lambda each: each[1])]
    return [
        _heard(vital, contacts.get(vital), expected.get(vital), reader)
        for vital in (*never, *heard)
    ]


def _asked(awaited: Awaited) -> bool:
    return awaited.source == Source.PROGRAMME


def _heard(
    vital: Vital,
    last: datetime | None,
    awaited: Awaited | None,
    reader: Reader,
) -> Heard:
    said = reader.said
    return Heard(
        said.say(MEASURES[vital].display),
        reader.at(last) if last else None,
        reader.at(awaited.late_at) if awaited else None,
        said.say(awaited.source) if awaited else "",
        said.say(awaited.why) if awaited and awaited.late_at <= reader.now else "",
    )


def liveness_of(
    session: Session, people: Collection[PatientProfile], *, now: datetime
) -> dict[UUID, Known]:
    """Return the state of each of these people, from what came in the last four weeks."""
    patients = [person.id for person in people]
    contacts = last_contacts(session, patients, since=now - STREAM_GONE)
    stays = stays_of(session, patients)
    judged = monitoring.repository.judged_at(session, patients)
    expected = monitoring.repository.expected_of(session, patients)
    return {
        person.id: known(
            contacts.get(person.id, {}),
            last=person.last_reading_at,
            judged_at=judged.get(person.id),
            stays=stays.get(person.id, ()),
            now=now,
            expected=expected.get(person.id, {}),
        )
        for person in people
    }
