"""Who is on call in the demo: nurses by day, physicians by night, and one turn swapped."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.oncall.service import Turnus, add
from core.clock import utc_now
from core.security import SYSTEM
from ingest.repository import care_teams
from ingest.teams.repository import PHYSICIAN, members
from ingest.weekly import span, wall

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID
    from zoneinfo import ZoneInfo

    from sqlalchemy.orm import Session

    from core.database import Database
    from ingest.roster import Team

DAY, NIGHT = ("08:00", "18:00"), ("18:00", "08:00")
SATURDAY = 5


def keep_rotas(database: Database, zone: ZoneInfo) -> None:
    """Put every team's nurse on call by day and its physician by night, without a hole.

    On the coming Saturday the physician takes the nurse's day. `zone` is that of the site: the
    policy that the demo runs with names none of the teams.
    """
    now = utc_now()
    with database.transaction() as session:
        for team in care_teams(session, SYSTEM):
            if members(session, team.id):  # nobody can be put on call in an empty one
                _turns(session, team, now, zone)


def _turns(session: Session, team: Team, now: datetime, zone: ZoneInfo) -> None:
    nurse, physician = _by_role(session, team)
    today = now.astimezone(zone).date()
    yesterday = today - timedelta(days=1)  # whose night it may still be
    for who, (begins, ends) in ((nurse, DAY), (physician, NIGHT)):
        weekly = span("mon-sun", begins, ends, field="days")
        when = Turnus(wall(yesterday, 0, zone), None, weekly)
        add(session, SYSTEM, team.id, who, when, now=now)
    saturday = today + timedelta(days=(SATURDAY - today.weekday()) % 7 or 7)
    swapped = Turnus(wall(saturday, 8 * 60, zone), wall(saturday, 18 * 60, zone))
    add(session, SYSTEM, team.id, physician, swapped, now=now, overrides=True)


def _by_role(session: Session, team: Team) -> tuple[UUID, UUID]:
    """Return the nurse and the physician of a team; who is alone is both."""
    of = sorted(members(session, team.id), key=lambda each: each.role == PHYSICIAN)
    return of[0].practitioner_id, of[-1].practitioner_id
