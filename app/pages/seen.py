"""Whether each person's readings arrive and are judged, for the list of patients (AL-22)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

import monitoring.repository
from app.pages.wording import Moment, moment
from core.vitals import MEASURES
from ingest.context.repository import stays_of
from ingest.roster import PatientProfile
from ingest.streams.repository import last_contacts
from monitoring.liveness import STREAM_GONE, Known, known


@dataclass(frozen=True, slots=True)
class Heard:
    """One stream of a person, and when it was last heard."""

    name: str
    last: Moment


def streams_of(session: Session, patient_id: UUID, *, now: datetime, zone: ZoneInfo) -> list[Heard]:
    """Return a person's streams of the last four weeks, the one heard longest ago first."""
    contacts = last_contacts(session, [patient_id], since=now - STREAM_GONE)
    ordered = sorted(contacts.get(patient_id, {}).items(), key=lambda each: each[1])
    return [Heard(MEASURES[v].display, moment(at, now=now, zone=zone)) for v, at in ordered]


def liveness_of(
    session: Session, people: Collection[PatientProfile], *, now: datetime
) -> dict[UUID, Known]:
    """Return the state of each of these people, from what came in the last four weeks."""
    patients = [person.id for person in people]
    contacts = last_contacts(session, patients, since=now - STREAM_GONE)
    stays = stays_of(session, patients)
    judged = monitoring.repository.judged_at(session, patients)
    return {
        person.id: known(
            contacts.get(person.id, {}),
            last=person.last_reading_at,
            judged_at=judged.get(person.id),
            stays=stays.get(person.id, ()),
            now=now,
        )
        for person in people
    }
