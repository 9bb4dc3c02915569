"""Which issue of a week a report page shows, whether it came in time, and what changed since."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from app.pages.door import Door, Visit
from app.pages.language import Language, language
from app.pages.report_issues import Line, line, share_words
from app.pages.wording import Moment, maybe
from app.weekly import letters, repository, service
from app.weekly.changes import Change
from app.weekly.states import PENDING, State
from core.errors import Sentence
from reports.service import TeamWeek


@dataclass(frozen=True, slots=True)
class ChangePrint:
    """One figure that differs, in words."""

    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class IssuePrint:
    """The issue that is shown; without a version the numbers are counted now."""

    team_id: UUID
    week: str
    version: int | None
    newest: int | None
    made: Moment | None
    due: Moment | None
    late: bool
    recomputed: bool
    absent: int
    share: str
    reason: str
    told: str  # who was told of it by e-mail, or that nobody was
    lines: tuple[Line, ...]
    since: tuple[ChangePrint, ...]  # what this version says differently from the one before
    today: tuple[ChangePrint, ...]  # what the newest would say differently today
    pending: bool
    failed: bool
    running: bool  # the week is not over
    may: bool


def issue_print(door: Door, visit: Visit, found: TeamWeek) -> IssuePrint:
    """Return what the page says of the issue that it prints."""
    said, issue, session = language(visit.language), found.issue, visit.session
    team, monday = found.team.id, found.week.monday
    rows = repository.rows(session, [team], since=monday, until=monday)
    told = letters.told(session, [row.id for row in rows])
    shown = next((row for row in rows if issue and row.version == issue.version), None)
    lines = tuple(line(door, visit, row, told) for row in rows)
    pending = any(row.state in PENDING for row in rows)
    due = issue.due_at if issue else next((row.due_at for row in rows), None)
    since: Sequence[Change] = ()
    today: Sequence[Change] = ()
    if issue and issue.version > 1:
        since = service.between(session, visit.caller, team, monday, issue.version)
    if issue and issue.version == issue.newest and not pending:
        today = service.corrections(session, visit.caller, team, monday, now=visit.now)
    at = partial(maybe, now=visit.now, zone=door.zone, language=visit.language)
    return IssuePrint(
        team_id=team,
        week=str(found.week),
        version=issue.version if issue else None,
        newest=issue.newest if issue else None,
        made=at(issue.made_at) if issue else None,
        due=at(due),
        late=bool(issue and issue.late),
        recomputed=bool(issue and issue.recomputed),
        absent=issue.absent if issue else len(found.hidden),
        share=share_words(found.report.made_on_time, said),
        reason=shown.reason if shown else "",
        told=next((each.told for each in lines if issue and each.version == issue.version), ""),
        lines=lines,
        since=_changes(since, said),
        today=_changes(today, said),
        pending=pending and found.week.end <= visit.now,
        failed=any(row.state is State.FAILED for row in rows),
        running=found.week.end > visit.now,
        may=service.may_issue(visit.caller),
    )


def _changes(found: Sequence[Change], said: Language) -> tuple[ChangePrint, ...]:
    return tuple(ChangePrint(*map(_said(said), (c.what, c.before, c.after))) for c in found)


def _said(said: Language) -> Callable[[Sentence], str]:
    return lambda sentence: said.say(sentence.text, **sentence.facts)
