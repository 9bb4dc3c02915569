"""Load what the clocks of many people are computed from, in a fixed number of queries."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from alerts.minutes import bounds, month
from alerts.spent.repository import standing_of
from app.programme import repository
from app.programme.repository import Asked
from ingest import repository as people
from ingest.context.repository import away
from ingest.placing import zone_of
from reports.programme import SET_UP_DAYS, Facts, Window, clocks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date
    from uuid import UUID
    from zoneinfo import ZoneInfo

    from sqlalchemy.orm import Session

    from alerts.minutes import Entry
    from reports.programme import Clocks, Sent


def clocks_of(
    session: Session, ids: list[UUID], *, on: date | None, now: datetime
) -> dict[UUID, Clocks]:
    """Return the clocks of some people, of the windows and months that hold a day."""
    records = people.everybody(session, ids)
    known = repository.living(session, ids)
    zones = {who: zone_of(zone) for who, (zone, _) in known.items()}
    today = {who: now.astimezone(zone).date() for who, zone in zones.items()}
    begun = repository.first_days(session, records, {who: z.key for who, z in zones.items()})
    asked = [
        Asked(who, records[who], zones[who].key, window)
        for who, first in begun.items()
        for window in _windows(first, on or today[who])
    ]
    sent = repository.days(session, asked)
    sent |= _whole(session, begun, asked, sent)
    gone = away(session, {each for mine in records.values() for each in mine}, now=now)
    months = _months(session, {who: (records[who], zones[who]) for who in ids}, on=on, now=now)
    return {
        who: clocks(
            Facts(
                begun=begun.get(who),
                sent=sent.get(who, ()),
                month=month(months[who][1]),
                month_last=months[who][0],
                away=known[who][1] or bool(gone & set(records[who])),
            ),
            on=on or today[who],
            today=today[who],
        )
        for who in ids
    }


def _windows(first: date, on: date) -> set[Window]:
    """Return the first window, which has the set-up, that of a day, and the one before that."""
    held = Window.of(first, on)
    wanted = (Window.of(first, first), held, held.before(first) if held else None)
    return {each for each in wanted if each is not None}


def _whole(
    session: Session,
    begun: Mapping[UUID, date],
    asked: Iterable[Asked],
    sent: Mapping[UUID, tuple[Sent, ...]],
) -> dict[UUID, tuple[Sent, ...]]:
    """Return every day of those few whose first window has no set-up, and who came further."""
    longer: dict[UUID, Asked] = {}
    for each in sorted(asked, key=lambda one: one.window.last):  # the furthest comes last
        first = Window.of(begun[each.person], begun[each.person])
        days = [s for s in sent.get(each.person, ()) if first and first.holds(s.day)]
        if first and each.window.first > first.last and len(days) < SET_UP_DAYS:
            whole = Window(first.first, each.window.last)
            longer[each.person] = Asked(each.person, each.records, each.zone, whole)
    return repository.days(session, longer.values())


def month_of(last: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the bounds of the month that ends on a day."""
    return bounds(noon(last, zone), zone.key)


def noon(day: date, zone: ZoneInfo) -> datetime:
    """Return the middle of a local day: no zone leaves it out."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=zone)


def _months(
    session: Session,
    whose: Mapping[UUID, tuple[Iterable[UUID], ZoneInfo]],
    *,
    on: date | None,
    now: datetime,
) -> dict[UUID, tuple[date, list[Entry]]]:
    """Return the last day of each person's calendar month, and what stands of its entries."""
    spans = {
        who: bounds(noon(on, zone) if on else now, zone.key) for who, (_, zone) in whose.items()
    }
    if not spans:
        return {}
    records = {each for ids, _ in whose.values() for each in ids}
    since = min(since for since, _ in spans.values())
    until = max(until for _, until in spans.values())
    found = standing_of(session, records, since=since, until=until)
    return {
        who: (
            (spans[who][1] - timedelta(hours=12)).astimezone(zone).date(),
            [
                entry
                for each in ids
                for entry in found.get(each, ())
                if spans[who][0] <= entry.at < spans[who][1]
            ],
        )
        for who, (ids, zone) in whose.items()
    }
