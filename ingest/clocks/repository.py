"""Reads and writes what is known about devices' clocks."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from ingest.clocks.tables import ClockCorrection, ClockDoubt, StoredClock
from ingest.device_clock import DeviceClock, Doubt
from ingest.tables import Device

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session


def clocks(session: Session, client: UUID, devices: Iterable[str]) -> dict[str, DeviceClock]:
    """Return the last known clock of each device, as this client names them."""
    rows = session.execute(
        select(StoredClock.device, StoredClock.seconds_ahead, StoredClock.read_at).where(
            StoredClock.client_id == client, StoredClock.device.in_(set(devices))
        )
    )
    return {row[0]: DeviceClock(timedelta(seconds=row[1]), row[2]) for row in rows}


def remember(session: Session, client: UUID, found: Mapping[str, DeviceClock]) -> None:
    """Keep each device's clock where it was read later than what is known."""
    rows = [
        {
            "client_id": client,
            "device": device,
            "seconds_ahead": clock.ahead.total_seconds(),
            "read_at": clock.read_at,
        }
        for device, clock in sorted(found.items())
    ]
    write = upsert(StoredClock)
    said = write.excluded
    session.execute(
        write.on_conflict_do_update(
            index_elements=["client_id", "device"],
            set_={"seconds_ahead": said.seconds_ahead, "read_at": said.read_at},
            where=StoredClock.read_at < said.read_at,
        ),
        rows,
    )


def record(session: Session, moved: Mapping[tuple[UUID, int], timedelta]) -> None:
    """Write down by how much the readings of each version were moved."""
    rows = [
        {"resource_id": key[0], "version": key[1], "seconds_ahead": by.total_seconds()}
        for key, by in moved.items()
    ]
    if rows:
        session.execute(insert(ClockCorrection), rows)


def doubt(session: Session, found: Mapping[UUID, Iterable[Doubt]]) -> None:
    """Keep each person's signs of wrong clocks: the first of its sort on a day and device."""
    rows = [
        {
            "patient_id": patient,
            "day": each.at.astimezone(UTC).date(),
            "device": each.device,
            "of_reading": each.of_reading,
            "seconds_ahead": each.ahead.total_seconds(),
            "at": each.at,
        }
        for patient, doubts in sorted(found.items())
        for each in doubts
    ]
    if rows:
        session.execute(upsert(ClockDoubt).on_conflict_do_nothing(), rows)


def owners(session: Session, devices: Iterable[str]) -> list[tuple[str, UUID]]:
    """Return whom each of these devices was enrolled for; by row ids, other names are nobody's."""
    query = select(Device.id, Device.patient_id).where(Device.id.in_(_row_ids(devices)))
    return [(str(id_), owner) for id_, owner in session.execute(query) if owner is not None]


def _row_ids(names: Iterable[str]) -> Iterator[UUID]:
    for name in names:
        with suppress(ValueError):
            yield UUID(name)


def doubts_of(
    session: Session, people: Mapping[UUID, Collection[UUID]], *, since: datetime
) -> dict[UUID, list[Doubt]]:
    """Return each person's signs of wrong clocks; `people` has all records of each."""
    heads = {each: head for head, ids in people.items() for each in ids}
    rows = session.scalars(
        select(ClockDoubt)
        .where(ClockDoubt.patient_id.in_(heads), ClockDoubt.day >= since.astimezone(UTC).date())
        .order_by(ClockDoubt.at, ClockDoubt.device)
    )
    found: dict[UUID, list[Doubt]] = {}
    for row in rows:
        ahead = timedelta(seconds=row.seconds_ahead)
        known = found.setdefault(heads[row.patient_id], [])
        known.append(Doubt(row.device, ahead, row.at, row.of_reading))
    return found
