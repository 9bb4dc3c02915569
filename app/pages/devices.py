"""A person's devices on their page: when each was heard, what came this week, what went unused.

Of a device only its name and model are kept: no battery level and no fault that it reports
reaches this program, and the card says so instead of showing nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from app.pages.door import Visit
from app.pages.explained import Reader
from app.pages.language import Language
from app.pages.wording import Moment
from core.first import First, first_of
from core.sealed_fields import unseal
from core.vitals import MEASURES, Quality, Vital
from ingest.people.tables import DeviceUse
from ingest.tables import Device, StoredReading

HEARD = timedelta(days=28)
WEEK = timedelta(days=7)
SHOWN = 20
USED = frozenset({Quality.SCORED, Quality.BOUND})
NOT_MEASURED = frozenset({Quality.ABSENT, Quality.WITHDRAWN})  # no value stands there
# Why a value was kept and not used, with how many.
REASONS = {
    Quality.IMPLAUSIBLE: "{count} implausible",
    Quality.UNIT_UNSURE: "{count} with an unsure unit",
    Quality.TIME_UNSURE: "{count} with an unsure time",
    Quality.FUTURE: "{count} dated in the future",
    Quality.CONFLICT: "{count} in conflict with another value",
    Quality.INCONSISTENT: "{count} inconsistent",
    Quality.MEANING_UNSURE: "{count} with an unsure meaning",
    Quality.STATUS_UNKNOWN: "{count} with an unknown status",
}


@dataclass(frozen=True, slots=True)
class DevicePrint:
    """One device: one that measured in the last four weeks, or is the person's and did not."""

    name: str
    measures: str = ""
    last: Moment | None = None
    week: str = ""
    unused: str = ""  # of this week, with the reasons


@dataclass(slots=True)
class _Heard:
    """What is stored of one device."""

    last: datetime
    vitals: set[str] = field(default_factory=set)
    week: dict[Quality, int] = field(default_factory=dict)


def devices_print(visit: Visit, ids: Sequence[UUID], reader: Reader) -> First[DevicePrint]:
    """Return the devices by the one heard last, and behind them those that were not heard."""
    heard = _heard(visit, ids)
    keys = sorted(heard, key=lambda key: heard[key].last, reverse=True)
    names = _names(visit, keys)
    unnamed = reader.said.say("Device without a name")
    every = [
        *(_printed(heard[key], names.get(key, unnamed), reader) for key in keys),
        *(DevicePrint(name or unnamed) for name in _silent(visit, ids, keys)),
    ]
    return first_of(every, SHOWN)


def _heard(visit: Visit, ids: Sequence[UUID]) -> dict[str, _Heard]:
    row, now = StoredReading, visit.now
    query = (
        select(
            row.device,
            row.quality,
            func.array_agg(row.vital.distinct()),
            func.max(row.received_at),
            func.count().filter(row.effective > now - WEEK, ~row.superseded),
        )
        .where(row.patient_id.in_(ids), row.effective > now - HEARD, row.device != "")
        .group_by(row.device, row.quality)
    )
    found: dict[str, _Heard] = {}
    for device, quality, vitals, last, week in visit.session.execute(query):
        each = found.setdefault(device, _Heard(last))
        each.last = max(each.last, last)
        each.vitals.update(vitals)
        if week and quality not in NOT_MEASURED:
            each.week[Quality(quality)] = week
    return found


def _printed(heard: _Heard, name: str, reader: Reader) -> DevicePrint:
    said, count = reader.said, sum(heard.week.values())
    week = said.say("no reading in 7 days")
    if count:
        week = said.count("{count} reading in 7 days", "{count} readings in 7 days", count)
    return DevicePrint(
        name,
        ", ".join(said.say(MEASURES[Vital(vital)].display) for vital in sorted(heard.vitals)),
        reader.at(heard.last),
        week,
        _unused(heard.week, said),
    )


def _unused(week: dict[Quality, int], said: Language) -> str:
    """Return which share of a week was not used, and why; "" where all was."""
    lost = {quality: count for quality, count in week.items() if quality not in USED}
    if not lost:
        return ""
    ordered = sorted(lost.items(), key=lambda each: (-each[1], each[0]))
    return said.say(
        "{share} of them not used: {reasons}",
        share=f"{round(100 * sum(lost.values()) / sum(week.values())) or '< 1'} %",
        reasons=", ".join(said.say(REASONS[quality], count=count) for quality, count in ordered),
    )


def _silent(visit: Visit, ids: Sequence[UUID], heard: Iterable[str]) -> list[str]:
    """Return the names of the person's devices of which nothing was heard."""
    known = {_uuid(key) for key in heard}
    at = visit.now
    query = (
        select(Device)
        .join(DeviceUse, DeviceUse.device_id == Device.id)
        .where(DeviceUse.patient_id.in_(ids), _holds(at))
        .distinct()
        .order_by(Device.id)
    )
    return [
        unseal(visit.session, Device.name, row.name, id=row.id)
        for row in visit.session.scalars(query)
        if row.id not in known
    ]


def _holds(at: datetime) -> ColumnElement[bool]:
    begun = DeviceUse.since.is_(None) | (DeviceUse.since <= at)
    return begun & (DeviceUse.until.is_(None) | (DeviceUse.until > at))


def _names(visit: Visit, keys: Sequence[str]) -> dict[str, str]:
    ids = {_uuid(key): key for key in keys}
    query = select(Device).where(Device.id.in_([each for each in ids if each]))
    return {
        ids[row.id]: unseal(visit.session, Device.name, row.name, id=row.id)
        for row in visit.session.scalars(query)
    }


def _uuid(key: str) -> UUID | None:
    try:
        return UUID(key.rpartition("/")[2])
    except ValueError:
        return None
