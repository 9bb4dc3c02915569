"""What one reader's inbox shows: everything surveyed, the people on the page read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import alerts.surveying.service as surveying
import monitoring.repository
from alerts.inbox import InboxRow
from alerts.oncall.repository import keeping
from alerts.survey import Case
from app.pages.door import Door, Visit
from app.pages.language import language
from app.pages.rows import SPARK_SPAN, RowView, Screen, row_view
from app.pages.showing import Filter
from app.pages.situation import Reader
from core.audit import Action, record
from core.errors import InvalidError
from core.vitals import Vital
from ingest import repository as people
from ingest.roster import Heard
from ingest.streams.repository import last_heard
from ingest.teams.repository import looked_after
from monitoring.grounds.repository import grounds_of
from monitoring.leading import UNKNOWN, Grounds, leading_vital
from reports import repository as account

PAGE = 200  # rows: more than anybody works through before looking again


@dataclass(frozen=True, slots=True)
class Listing:
    """Everybody with something open, whom the filter leaves, and who stands on the page."""

    everybody: Sequence[Case]
    shown: Sequence[Case]
    on_page: Sequence[Case]
    reader: Reader

    @property
    def patients(self) -> set[UUID]:
        """Return who the filter leaves, on whichever page."""
        return {case.patient_id for case in self.shown}


def survey(visit: Visit, chosen: Filter) -> Listing:
    """Return who is listed; raise `InvalidError` for a team that is not the reader's."""
    cases = surveying.cases(visit.session, visit.caller)
    reader = reader_of(visit)
    check_teams(chosen, reader)
    shown = [case for case in cases if chosen.admits(case, reader.me, reader.of_team)]
    first = (chosen.page - 1) * PAGE
    return Listing(cases, shown, shown[first : first + PAGE], reader)


def check_teams(chosen: Filter, reader: Reader) -> None:
    """Raise `InvalidError` for a team that is not the reader's."""
    if set(chosen.teams) - {team.id for team in reader.teams}:
        raise InvalidError("there is no such team", field="team")


def reader_of(visit: Visit) -> Reader:
    """Return who reads, for filters and counts."""
    teams = people.care_teams(visit.session, visit.caller)
    ids = [team.id for team in teams]
    return Reader(
        me=visit.identities,
        teams=teams,
        of_team=looked_after(visit.session, ids) if ids else {},
        said=language(visit.language),
    )


def heard(visit: Visit) -> list[Heard]:
    """Return when each visible person was last heard."""
    return last_heard(visit.session, people.visible_to(visit.caller))


@dataclass(frozen=True, slots=True)
class Printing:
    """How rows are printed: whether names are hidden, the number of the first."""

    private: bool = False
    first: int = 1
    read: int = 0  # how far the timelines were read before


def rows(
    door: Door, visit: Visit, cases: Sequence[Case], how: Printing, *, audit: str
) -> list[RowView]:
    """Return the rows of some people, and write down that they were read (SEC-16)."""
    found, profiles = surveying.rows(visit.session, visit.caller, cases, today=visit.now.date())
    seen = [row.patient_id for row in found] or (None,)
    record(visit.session, visit.caller, Action.READ, audit, now=visit.now, patients=seen)
    several = [row.finding.assessment_id for row in found if row.finding.vital is None]
    grounds = grounds_of(visit.session, several)
    wanted = {row.patient_id: vital for row in found if (vital := _drawn(row, grounds))}
    since = visit.now - SPARK_SPAN
    screen = Screen(
        now=visit.now,
        zone=door.zone,
        identities=visit.identities,
        profiles={profile.id: profile for profile in profiles},
        points=account.points(visit.session, wanted, since=since, until=visit.now),
        expected=monitoring.repository.expected_of(visit.session, list(wanted)) if wanted else {},
        language=visit.language,
        private=how.private,
        read=how.read,
        grounds=grounds,
        rotas=keeping(visit.session, {each.team_id for each in profiles if each.team_id}),
    )
    return [row_view(row, screen, place=place) for place, row in enumerate(found, how.first)]


def _drawn(row: InboxRow, grounds: Mapping[UUID, Grounds]) -> Vital | None:
    return leading_vital(row.finding, grounds.get(row.finding.assessment_id, UNKNOWN))


def name_of(visit: Visit, patient_id: UUID, how: Printing) -> str:
    """Return what somebody is called on the page, and write down that it was read."""
    patients = [patient_id]
    record(visit.session, visit.caller, Action.READ, "inbox", now=visit.now, patients=patients)
    if how.private:
        return language(visit.language).say("Patient {number}", number=how.first)
    found = people.profiles(visit.session, people.visible_to(visit.caller), patients)
    return found[0].name if found else ""
