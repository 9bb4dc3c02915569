"""What is read of a weekly report, and who asks for another issue of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from app.weekly import repository
from app.weekly.changes import Change, changes
from app.weekly.codec import FORMAT, UnreadableError, decode, digest, encode
from app.weekly.hiding import is_somebody, lists_without, stand_ins, without
from app.weekly.states import PENDING, State
from app.weekly.timing import first_counted
from core.audit import Action, record
from core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from core.logging import logger
from core.security import SYSTEM, Role
from ingest import repository as people
from reports.issue import Issue
from reports.service import TeamWeek, team_week
from reports.week import Week
from reports.weekly import Rate

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime
    from typing import Any
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.policy import Policy
    from app.weekly.tables import WeeklyReport
    from core.security import Caller
    from ingest.roster import Team
    from reports.weekly import Report

log = logger(__name__)
ENTITY = "weekly-report"
REASON_LENGTH = 500
MAY_ISSUE = (Role.PHYSICIAN, Role.SUPERVISOR)


def clock_of(session: Session, policy: Policy, team_id: UUID) -> ZoneInfo:
    """Return the zone that a team's weeks are counted in: its own, else the site's."""
    teams = people.care_teams(session, SYSTEM)
    name = next((team.name for team in teams if team.id == team_id), "")
    return policy.place(team_id, name).clock


def issued(  # noqa: PLR0913 (whose, which, when, and which issue of it)
    session: Session,
    caller: Caller,
    team_id: UUID,
    week: Week,
    *,
    now: datetime,
    version: int | None = None,
) -> TeamWeek:
    """Return a team's week as it was issued: its newest issue, or the one asked for.

    A week that has none (it runs, it is not made yet, or it is older than the reports are) is
    counted now, and `issue` is None. Whom the team had then and who left it, or was erased, is
    counted in its totals; in its lists stand only those whom the caller may see today.
    The page that shows it audits the read.

    Raises
    ------
    NotFoundError
        Where the caller takes no part in the team, or there is no such week or issue.
    """
    team = team_of(session, caller, team_id)
    kept = repository.made(session, team_id, week.monday)
    chosen = next((row for row in kept if row.version == version), kept[-1] if kept else None)
    if version is not None and (chosen is None or chosen.version != version):
        raise NotFoundError("no such report")
    if chosen is None:
        found = team_week(session, caller, team_id, week, now=now)
        return _with_share(session, _for_reader(found), now=now)
    return _opened(session, caller, team, chosen, newest=kept[-1].version, now=now)


def team_of(session: Session, caller: Caller, team_id: UUID) -> Team:
    """Return a team that the caller takes part in; raise `NotFoundError` for any other."""
    found = next((t for t in people.care_teams(session, caller) if t.id == team_id), None)
    if found is None:
        raise NotFoundError("no such report")
    return found


def _opened(  # noqa: PLR0913 (whose, for whom, which, when)
    session: Session,
    caller: Caller,
    team: Team,
    row: WeeklyReport,
    *,
    newest: int,
    now: datetime,
) -> TeamWeek:
    """Return a stored issue as one reader may see it."""
    names = _names(session, caller, row.patients)
    hidden = [each for each in row.patients if each not in names]
    issue = Issue(row.version, newest, row.due_at, row.made_at or now, row.late)
    issue = replace(issue, absent=len(hidden))
    week = Week(row.monday, ZoneInfo(row.zone))
    try:
        report, last = _read(row, hidden)
    except UnreadableError:
        log.warning("a weekly report is counted anew", report=str(row.id), format=row.format)
        somebody = [each for each in row.patients if is_somebody(each)]
        found = team_week(session, caller, team.id, week, now=now, patients=somebody)
        found = _with_share(session, _for_reader(found), now=now)
        return replace(found, issue=replace(issue, recomputed=True))
    return TeamWeek(team, week, report, names, last, issue)


def _for_reader(found: TeamWeek) -> TeamWeek:
    """Return a week in whose lists nobody stands whom its reader may not see."""
    if not found.hidden:
        return found
    report: Report = decode(lists_without(encode(found.report), found.hidden))
    last = {who: at for who, at in found.last.items() if who not in found.hidden}
    return replace(found, report=report, last=last)


def _names(session: Session, caller: Caller, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return the names of those of some people whom the caller may see now."""
    somebody = [each for each in ids if is_somebody(each)]
    seen = people.profiles(session, people.visible_to(caller), somebody)
    named = {profile.id: profile.name for profile in seen}
    heads = people.survivors(session, somebody)  # who was merged since goes by who stands for them
    return {each: named[h] for each in somebody if (h := heads.get(each, each)) in named}


def _read(row: WeeklyReport, hidden: Collection[UUID]) -> tuple[Report, dict[UUID, datetime]]:
    """Return what is stored, with some people in none of its lists."""
    stored = row.report or {}
    if row.format != FORMAT or row.digest != digest(stored):
        raise UnreadableError("a stored report is of another program")
    kept: dict[str, Any] = lists_without(stored, hidden) if hidden else stored
    report: Report = decode(kept["report"])
    last: dict[UUID, datetime] = decode(kept["last"])
    return report, last


def _with_share(session: Session, found: TeamWeek, *, now: datetime) -> TeamWeek:
    share = share_on_time(session, found.week.monday, now=now, team_id=found.team.id)
    return replace(found, report=replace(found.report, made_on_time=share))


def share_on_time(
    session: Session, monday: date, *, now: datetime, team_id: UUID | None = None
) -> Rate:
    """Return which reports of the 13 weeks up to one came in time; of all teams without one."""
    first = first_counted(monday)
    return Rate(*repository.punctual(session, first=first, last=monday, now=now, team_id=team_id))


def counted_anew(session: Session, row: WeeklyReport, *, now: datetime) -> TeamWeek:
    """Return the same people's same week by what is known now, whoever reads it."""
    week = Week(row.monday, ZoneInfo(row.zone))
    first = repository.made(session, row.team_id, row.monday)[0]
    somebody = [each for each in first.patients if is_somebody(each)]
    return team_week(session, SYSTEM, row.team_id, week, now=now, patients=somebody)


def corrections(
    session: Session, caller: Caller, team_id: UUID, monday: date, *, now: datetime
) -> tuple[Change, ...]:
    """Return what the newest issue of a week would say differently if it were made now."""
    team_of(session, caller, team_id)
    kept = repository.made(session, team_id, monday)
    return _corrected(session, kept[-1], now=now) if kept else ()


def _corrected(session: Session, row: WeeklyReport, *, now: datetime) -> tuple[Change, ...]:
    try:
        report, _ = _read(row, ())
    except UnreadableError:
        return ()
    return changes(report, counted_anew(session, row, now=now).report)


def between(
    session: Session, caller: Caller, team_id: UUID, monday: date, version: int
) -> tuple[Change, ...]:
    """Return what an issue says differently from the one before it."""
    team_of(session, caller, team_id)
    kept = {row.version: row for row in repository.made(session, team_id, monday)}
    if version not in kept or version - 1 not in kept:
        return ()
    try:
        return changes(_read(kept[version - 1], ())[0], _read(kept[version], ())[0])
    except UnreadableError:
        return ()


def may_issue(caller: Caller) -> bool:
    """Return whether somebody may have a week issued again: a physician, or who supervises."""
    return caller.kind == "system" or caller.role in MAY_ISSUE


def issue_again(  # noqa: PLR0913 (who, whose, which, why, when)
    session: Session, caller: Caller, team_id: UUID, monday: date, *, reason: str, now: datetime
) -> int:
    """Have a week made once more, or tried again where it failed; return which version.

    Raises
    ------
    NotFoundError
        Where the caller takes no part in the team.
    ForbiddenError
        For anybody but its physicians and supervisors.
    InvalidError
        Without a reason.
    ConflictError
        Where it is being made, was never issued, or nothing has changed since.
    """
    team_of(session, caller, team_id)
    if not may_issue(caller):
        raise ForbiddenError("Only a physician or a supervisor has a report issued again.")
    why = reason.strip()
    if not why or len(why) > REASON_LENGTH:
        raise InvalidError(
            "say why, in at most {most} characters", field="reason", facts={"most": REASON_LENGTH}
        )
    newest = next(iter(repository.rows(session, [team_id], since=monday, until=monday)), None)
    if newest is None:
        raise ConflictError("No report of this week was ever issued.")
    if newest.state in PENDING:
        raise ConflictError("This report is being made already.")
    if newest.state is State.FAILED:
        again = repository.retry(session, newest.id, now=now)
    else:
        row = repository.made(session, team_id, monday)[-1]
        if not _corrected(session, row, now=now):
            raise ConflictError("Nothing has changed since this report was issued.")
        again = repository.another(session, row, caller, why, now=now)
    if not again:
        raise ConflictError("This report is being made already.")
    record(session, caller, Action.EXECUTE, ENTITY, now=now, entity_id=newest.id)
    return newest.version + (newest.state is State.MADE)


def forget(session: Session, patient_id: UUID) -> int:
    """Take a person's id out of every stored report (SEC-44); return out of how many.

    Numbers stay as they were issued: the person is counted as somebody whom nobody knows.
    """
    everyone = people.one_person(session, patient_id)
    found = repository.holding(session, everyone)
    for row in found:
        instead = stand_ins(everyone & {*row.patients}, row.patients)
        row.patients = [instead.get(each, each) for each in row.patients]
        row.forgotten += len(instead)
        if row.report is not None:
            row.report = without(row.report, instead)
            row.digest = digest(row.report)
    session.flush()
    return len(found)
