"""Simulated lives as the arrays that the judgement reads, without a detour over objects."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from core.vitals import Reading
from ingest.enrolment import Person
from monitoring.windows import DAY, History, Series, make_series

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.vitals import Vital
    from lab.devices import Stream
    from lab.physiology import Resident
    from lab.simulator import Life

START = date(2025, 1, 1)  # day 0 of every simulated life
ZONE = "UTC"


def instant(day: float) -> float:
    """Return seconds since the epoch of a fractional day of a simulated life."""
    return datetime(START.year, START.month, START.day, tzinfo=UTC).timestamp() + day * DAY


def person_of(life: Life) -> Person:
    """Return what the judgement may know about a simulated person."""
    return person_of_resident(life.person, f"simulated-{life.number}")


def person_of_resident(resident: Resident, name: str) -> Person:
    """Return what the judgement may know about somebody, under a name."""
    medicines = set(resident.medicines) | ({"beta-blocker"} if resident.beta_blocker else set())
    return Person(
        id=name,
        zone=ZONE,
        birth_date=date(START.year - resident.age, 1, 1) - timedelta(days=180),
        sex=resident.sex,
        groups=resident.conditions,
        lives_alone=resident.lives_alone,
        medicines=frozenset(medicines | ({"insulin"} if resident.insulin else set())),
        medicines_known=True,
        scale_two=resident.scale_two,
        on_oxygen=resident.on_oxygen,
    )


def history_of(life: Life) -> History:
    """Return all that a life's devices reported; the caller cuts it at its instant."""
    series = {v: _series(v, stream) for v, stream in life.streams.items() if len(stream.values)}
    every = [(s.times, s.received) for s in series.values()]
    times = np.concatenate([t for t, _ in every]) if every else np.empty(0)
    received = np.concatenate([r for _, r in every]) if every else np.empty(0)
    order = np.argsort(times, kind="stable")
    return History(
        person=person_of(life),
        series=series,
        contacts=times[order],
        contacts_received=received[order],
    )


def readings_of(life: Life) -> Iterator[Reading]:
    """Yield all that a life's devices and answers reported, as what the door makes of it."""
    for vital, stream in life.streams.items():
        each = zip(stream.taken, stream.received, stream.values, strict=True)
        for number, (taken, received, value) in enumerate(each):
            yield Reading(
                id=f"{vital}-{number}",
                vital=vital,
                value=float(value),
                effective=datetime.fromtimestamp(instant(float(taken)), UTC),
                received=datetime.fromtimestamp(instant(float(received)), UTC),
            )


def _series(vital: Vital, stream: Stream) -> Series:
    days = np.floor(stream.taken).astype(np.int64)
    return make_series(
        times=instant(0) + stream.taken * DAY,
        values=stream.values,
        days=days + START.toordinal(),
        ids=np.array([f"{vital}-{i}" for i in range(len(days))], dtype=np.object_),
        received=instant(0) + stream.received * DAY,
    )
