"""Load what the clocks of many people are computed from, in a fixed number of queries."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from alerts.minutes import bounds, month
from alerts.spent.repository import standing_of
from app.programme import repository
from app.programme.repository import Asked
from ingest import repository as people
from ingest.caseload import Caseload
from ingest.caseloads.repository import caseload
from ingest.choosing.repository import restricted
from ingest.context.repository import away
from ingest.placing import zone_of
from reports import repository as account
from reports.programme import SET_UP_DAYS, Facts, Window, clocks

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import date
    from uuid import UUID
    from zoneinfo import ZoneInfo

    from sqlalchemy.orm import Session

    from alerts.minutes import Entry
    from reports.episodes import Episode
    from reports.programme import Clocks, Sent


INSTANT = timedelta(microseconds=1)  # what is written down now counts now
LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)  # the first window of somebody may be years back


def whom(
    session: Session, team_id: UUID, *, on: date | None, now: datetime
) -> tuple[Caseload, list[UUID]]:
    """Return when a team had whom, and whom it had on a day of their own, or has now."""
    load = caseload(session, team_id, LONG_AGO, now + INSTANT)
    if on is None:
        return load, [who for who in load.spans if load.has(who)]
    zones = repository.living(session, [*load.spans])
    days = {who: _day(on, zone_of(zone)) for who, (zone, _) in zones.items()}
    return load, [who for who, day in days.items() if load.time(who, *day)]


def opened_of(
    session: Session, team_id: UUID, since: datetime, until: datetime, *, now: datetime
) -> tuple[list[Episode], list[UUID]]:
    """Return the alerts that opened in a span while a team had the person, and whom it had.

    As the page of quality has them, without what groups alerts.
    """
    load = caseload(session, team_id, since, until)
    mine = load.people(since, until)
    unused = restricted(session, mine, now=now)
    counted = [each for each in mine if each not in unused]
    records = people.everybody(session, counted)
    heads = {record: who for who, each in records.items() for record in each}
    found = account.episodes(session, [*heads], since=since, until=until)
    opened = [
        each
        for each in found
        if since <= each.opened_at < until and load.had(heads[each.patient_id], each.opened_at)
    ]
    return opened, counted


def elsewhere(load: Caseload, who: UUID, days: Iterable[date], zone: ZoneInfo) -> set[date]:
    """Return the days on which a team did not have somebody at any time."""
    return {day for day in set(days) if not load.time(who, *_day(day, zone))}


def _day(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    first, last = (datetime.combine(d, time(), zone) for d in (day, day + timedelta(days=1)))
    return first.astimezone(UTC), last.astimezone(UTC)


def clocks_of(
    session: Session,
    ids: Collection[UUID],
    *,
    on: date | None,
    now: datetime,
    load: Caseload | None = None,
) -> dict[UUID, Clocks]:
    """Return the clocks of some people, of the windows and months that hold a day.

    Without a caseload the team had them all of the time.
    """
    load = load or Caseload.whole(ids, LONG_AGO, now + INSTANT)
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
    days = {who: [each.day for each in own] for who, own in sent.items()}
    return {
        who: clocks(
            Facts(
                begun=begun.get(who),
                sent=sent.get(who, ()),
                month=month([each for each in months[who][1] if load.had(who, each.at)]),
                month_last=months[who][0],
                away=known[who][1] or not load.has(who) or bool(gone & set(records[who])),
                elsewhere=elsewhere(load, who, days.get(who, ()), zones[who]),
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
