"""The rota as a form or a command changes it: read, tried out with its checks, and kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from alerts.oncall import service
from alerts.oncall.service import Turnus, too_far_off
from alerts.rota import Away
from app.staff.service import check_runs
from core.errors import InvalidError
from fhir.moments import known
from ingest.weekly import DAY, span, wall

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from sqlalchemy.orm import Session

    from alerts.oncall.service import Overview
    from alerts.policy import Policy
    from core.security import Caller
    from ingest.roster import Team
    from ingest.weekly import Span

ONCE, WEEKLY, INSTEAD, LEAVE, REMOVE = "once", "weekly", "instead", "leave", "remove"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One change of a rota, as it was typed."""

    act: str
    who: str = ""
    since: str = ""
    until: str = ""
    days: str = ""
    first: str = ""
    last: str = ""
    substitute: str = ""
    row: str = ""


def change(  # noqa: PLR0913 (whose rota, by whose clock, what, and by whom)
    session: Session,
    caller: Caller,
    team: Team,
    zone: ZoneInfo,
    wanted: Wanted,
    *,
    now: datetime,
) -> None:
    """Do what was asked for; raise `InvalidError` for what cannot be, with its field."""
    check_runs(caller)
    if wanted.act == REMOVE:
        service.remove(session, caller, _id(wanted.row, "row"), now=now)
        return
    who = _id(wanted.who, "who")
    if wanted.act == WEEKLY:
        pattern = span(wanted.days, wanted.since, wanted.until, field="days")
        when = weekly(pattern, wanted.first, wanted.last, zone, now=now)
        service.add(session, caller, team.id, who, when, now=now)
        return
    when = once(wanted.since, wanted.until, zone)
    if wanted.act == LEAVE:
        other = _id(wanted.substitute, "substitute") if wanted.substitute else None
        away = Away(who, when.since, when.until or when.since, other)
        service.add_leave(session, caller, away, now=now)
    elif wanted.act in (ONCE, INSTEAD):
        instead = wanted.act == INSTEAD
        service.add(session, caller, team.id, who, when, now=now, overrides=instead)
    else:
        raise InvalidError("Choose one from the list.", field="act")


def tried(  # noqa: PLR0913 (as `change`, and the days to look at)
    session: Session,
    caller: Caller,
    team: Team,
    policy: Policy,
    wanted: Wanted,
    *,
    bounds: tuple[datetime, datetime],
    now: datetime,
) -> Overview:
    """Return how a rota would be after a change, which is then taken back."""
    zone = policy.place(team.id, team.name).clock
    with session.begin_nested() as point:
        change(session, caller, team, zone, wanted, now=now)
        session.flush()
        seen = service.overview(session, team, policy, start=bounds[0], end=bounds[1])
        point.rollback()
    session.expire_all()
    return seen


def once(since: str, until: str, zone: ZoneInfo) -> Turnus:
    """Return one turn from one local time to another."""
    return Turnus(local(since, "from", zone), local(until, "to", zone))


def weekly(pattern: Span, first: str, last: str, zone: ZoneInfo, *, now: datetime) -> Turnus:
    """Return turns that come back every week, from a first day to a last, or for good."""
    # Without a first day the night that goes on now is the first.
    today = pattern.day_of(now, zone) or now.astimezone(zone).date()
    begins = _day(first, "first") if first else today
    ends = wall(_day(last, "last"), DAY, zone) if last else None
    return Turnus(wall(begins, 0, zone), ends, pattern)


def local(text: str, field: str, zone: ZoneInfo) -> datetime:
    """Return a local time as it was typed; raise `InvalidError` for none, or one too far off."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        message = "{field}: {text} is no local time such as 2026-12-24T18:00"
        facts = {"field": field, "text": repr(text)}
        raise InvalidError(message, field=field, facts=facts) from error
    if not known(at.year):
        raise too_far_off(field)
    return at if at.tzinfo else at.replace(tzinfo=zone)


def _day(text: str, field: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        facts = {"field": field, "text": repr(text)}
        raise InvalidError("{field}: {text} is no day", field=field, facts=facts) from error
    if not known(day.year):
        raise too_far_off(field)
    return day


def _id(text: str, field: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise InvalidError("Choose one from the list.", field=field) from error
