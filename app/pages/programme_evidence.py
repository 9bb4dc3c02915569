"""What one person's clocks rest on: days with readings by device, and acts with their minutes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from alerts.naming.repository import UNKNOWN, names
from app.pages.language import language
from app.pages.programme_prints import clock_print, left_words
from app.pages.spent import WORK
from app.pages.wording import Moment, moment
from app.programme.repository import device_names
from core.vitals import MEASURES, Vital
from reports.programme import LENGTH

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from app.pages.door import Visit
    from app.pages.language import Language
    from app.programme.repository import Measured
    from app.programme.service import Evidence


@dataclass(frozen=True, slots=True)
class MeasuredPrint:
    """What one device measured of one vital on a day."""

    device: str
    vital: str
    times: str
    count: int
    ids: tuple[str, ...]
    more: int


@dataclass(frozen=True, slots=True)
class DayPrint:
    """One day that counts."""

    words: str
    named: bool
    lines: list[MeasuredPrint]


@dataclass(frozen=True, slots=True)
class EntryPrint:
    """One entry of minutes that stands."""

    id: str
    at: Moment
    by: str
    work: str
    minutes: int
    live: bool
    corrected: bool
    audit: int | None


def evidence_values(visit: Visit, found: Evidence, on: date | None) -> dict[str, Any]:
    """Return what the page of one person shows."""
    said = language(visit.language)
    zone = ZoneInfo(found.zone)
    day = on or visit.now.astimezone(zone).date()
    called = device_names(visit.session, {each.device for each in found.measured})
    base = f"/programme/{found.team.id}/patients/{found.patient_id}"
    clocks = found.clocks
    before = clocks.window and day - timedelta(days=LENGTH)
    return {
        "here": "reports",
        "team": found.team,
        "clock": clock_print(found.patient_id, found.name, clocks, base, said),
        "zone": found.zone,
        "days": _days(found, zone, called, said),
        "left": left_words(found.left_out, said),
        "entries": _entries(visit, found, zone, said),
        "untimed": _untimed(visit, found, zone, said),
        "before": f"{base}?on={before}" if before else "",
        "after": f"{base}?on={day + timedelta(days=LENGTH)}" if on else "",
    }


def _days(
    found: Evidence, zone: ZoneInfo, called: Mapping[str, str], said: Language
) -> list[DayPrint]:
    last = found.clocks.month_last
    return [
        DayPrint(
            said.day(day, today=last),
            any(each.device for each in mine),
            [_measured(each, zone, called, said) for each in mine],
        )
        for day, lines in groupby(found.measured, key=lambda each: each.day)
        for mine in (list(lines),)
    ]


def _measured(
    each: Measured, zone: ZoneInfo, called: Mapping[str, str], said: Language
) -> MeasuredPrint:
    first, last = (f"{at.astimezone(zone):%H:%M}" for at in (each.first, each.last))
    return MeasuredPrint(
        device=called.get(each.device, each.device) or said.say("no device named"),
        vital=said.say(MEASURES[Vital(each.vital)].display),
        times=first if first == last else f"{first}, {last}",
        count=each.count,
        ids=each.ids,
        more=max(each.count - len(each.ids), 0),
    )


def _entries(visit: Visit, found: Evidence, zone: ZoneInfo, said: Language) -> list[EntryPrint]:
    called = names(visit.session, {each.by for each in found.entries if each.by})
    return [
        EntryPrint(
            id=str(each.id),
            at=moment(each.at, now=visit.now, zone=zone, language=visit.language),
            by=called.get(each.by, UNKNOWN) if each.by else "",
            work=said.say(WORK[each.work]),
            minutes=each.minutes,
            live=each.live,
            corrected=each.corrected,
            audit=found.written.get(each.id),
        )
        for each in found.entries
        if each.minutes or each.corrected
    ]


def _untimed(visit: Visit, found: Evidence, zone: ZoneInfo, said: Language) -> list[str]:
    """Return the contacts that nobody wrote minutes down for, in words."""
    called = names(visit.session, {each.by for each in found.untimed if each.by})
    return [
        said.say(
            "{when}: {work}, {who}",
            when=said.absolute(each.at, now=visit.now, zone=zone),
            work=said.say(WORK[each.work]),
            who=called.get(each.by, UNKNOWN) if each.by else UNKNOWN,
        )
        for each in found.untimed
    ]
