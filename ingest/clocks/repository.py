"""Reads and writes what is known about devices' clocks."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from ingest.clocks.tables import ClockCorrection, StoredClock
from ingest.device_clock import DeviceClock

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

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
