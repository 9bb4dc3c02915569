"""What changed since the last look, for everybody who follows the inbox: one look for all.

It says which rows changed, never what stands in them: a page asks for those by the route that
decides who may read them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from alerts.survey import Brief, Case, Changed
from alerts.surveying import repository as surveying
from app.accounts import service as accounts
from app.pages.showing import Filter
from core.security import Caller, Role
from core.vitals import Severity
from ingest import repository as people
from ingest.access.repository import memberships
from ingest.teams.repository import looked_after

ARRIVES = frozenset({"opened", "rose", "reopened"})  # what brings somebody into a list
RECENT = 2_000  # lines that one who comes back may have missed; beyond it the page is read anew


@dataclass(frozen=True, slots=True)
class Follower:
    """Whom a stream is for: their session, their rights as it began, their filter."""

    digest: str
    caller: Caller
    teams: frozenset[UUID]
    chosen: Filter

    @property
    def identities(self) -> frozenset[object]:
        """Return the ids under which this person may hold an alert."""
        return frozenset({self.caller.practitioner_id, self.caller.id} - {None})


@dataclass(frozen=True, slots=True)
class Row:
    """One row that changed."""

    patient: str
    alert: str
    version: int
    tier: str
    waits: bool
    new: bool  # it came into the list, or became graver
    listed: bool  # the filter of the page shows it


def follower(session: Session, digest: str, caller: Caller, chosen: Filter) -> Follower:
    """Return whom a new stream is for."""
    return Follower(digest, caller, rights(session, [caller]).get(caller, frozenset()), chosen)


def rights(session: Session, callers: Iterable[Caller]) -> dict[Caller, frozenset[UUID]]:
    """Return the teams of each caller."""
    known = list(callers)
    ids = {each.practitioner_id for each in known if each.practitioner_id}
    teams = memberships(session, ids) if ids else {}
    none: frozenset[UUID] = frozenset()
    return {c: teams.get(c.practitioner_id, none) if c.practitioner_id else none for c in known}


def ended(
    session: Session, followers: Collection[Follower], *, now: datetime
) -> dict[Follower, str]:
    """Return whose stream must end, with why: their session is over, or a right was taken."""
    behind = accounts.still_in(session, {each.digest for each in followers}, now=now)
    teams = rights(session, set(behind.values()))
    found = {}
    for each in followers:
        caller = behind.get(each.digest)
        if caller is None:
            found[each] = "over"
        elif caller != each.caller or teams[caller] != each.teams:
            found[each] = "rights"
    return found


def rows_for(session: Session, each: Follower, changes: Collection[Changed]) -> list[Row]:
    """Return which rows of what changed the follower may see now."""
    kinds: dict[UUID, set[str]] = {}
    for change in changes:
        kinds.setdefault(change.alert_id, set()).add(change.kind)
    found = surveying.versions(session, people.visible_to(each.caller), kinds) if kinds else []
    of_team = looked_after(session, each.chosen.teams) if each.chosen.teams and found else {}
    physician = each.caller.role is Role.PHYSICIAN
    return [
        _row(brief, each, new=bool(kinds[brief.id] & ARRIVES), of_team=of_team)
        for brief in found
        if not (physician and brief.severity is Severity.DQ)
    ]


def _row(
    brief: Brief, each: Follower, *, new: bool, of_team: Mapping[UUID, Collection[UUID]]
) -> Row:
    case = Case(brief.patient_id, (brief,))
    return Row(
        patient=str(brief.patient_id),
        alert=str(brief.id),
        version=brief.version,
        tier=brief.severity,
        waits=brief.state.waits,
        new=new and brief.state.waits,
        listed=each.chosen.admits(case, each.identities, of_team),
    )
