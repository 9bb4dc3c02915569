"""Where a demo stands: its accounts, the work that is left, what came of it."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
from sqlalchemy import func, select

from alerts.delivery.repository import DeliveryState
from alerts.routing import WATCHER
from alerts.tables import Alert, Delivery
from app.accounts.service import NewUser, create_user
from core.clock import utc_now
from core.outbox import Outbox, State, Topic
from core.security import Role
from core.vitals import Severity
from ingest.repository import clinicians
from ingest.synthetic.repository import synthetic_people
from ingest.tables import CareTeam, CareTeamParticipant, Patient
from monitoring.tables import AssessmentRow

if TYPE_CHECKING:
    from uuid import UUID

    from core.database import Database
    from lab.gateway import Tally

NURSE_CODES = ("nurse", "224535009", "106292003")
WITHOUT_PATIENTS = {
    Role.ADMINISTRATOR: "the administrator",
    Role.PRIVACY_OFFICER: "the privacy officer",
}
DONE_STATES = [s for s in DeliveryState if s not in (DeliveryState.WAITING, DeliveryState.FAILED)]


@dataclass(frozen=True, slots=True)
class Login:
    """A demo account; its password is made at each start and shown once."""

    username: str
    password: str
    about: str


def create_logins(database: Database, *, password: str) -> list[Login]:
    """Create an account for every enrolled clinician of the cohort."""
    query = (
        select(CareTeamParticipant.practitioner_id, CareTeam.name, CareTeamParticipant.role)
        .join(CareTeam, CareTeam.id == CareTeamParticipant.care_team_id)
        .order_by(CareTeam.name)
    )
    logins: dict[str, Login] = {}
    known: set[UUID] = set()
    with database.transaction() as session:
        rows = session.execute(query).all()
        names = clinicians(session, {row[0] for row in rows})
        for practitioner, team, code in sorted(rows, key=lambda row: (row[1], names[row[0]])):
            name = names[practitioner]
            if practitioner in known:
                continue
            known.add(practitioner)
            role = Role.NURSE if any(c in code.lower() for c in NURSE_CODES) else Role.PHYSICIAN
            username = f"{role}.{1 + sum(role in other for other in logins)}"
            new = NewUser(username, name, password, role, practitioner, demo=True)
            create_user(session, new, now=utc_now())
            logins[username] = Login(username, password, f"{name}, {role}, {team}")
        for role, about in WITHOUT_PATIENTS.items():
            new = NewUser(role, about.capitalize(), password, role, demo=True)
            create_user(session, new, now=utc_now())
            logins[role] = Login(role, password, f"{about}; sees no patient")
    return list(logins.values())


def work_left(database: Database) -> int:
    """Return how many rows of the outbox are due, not closed, and no self-check."""
    left = select(func.count()).where(
        Outbox.state.in_([State.OPEN, State.LEASED]),
        Outbox.topic != Topic.PROBE,
        Outbox.next_try_at <= utc_now(),
    )
    with database.transaction() as session:
        return int(session.scalar(left) or 0)


def summary(database: Database, tally: Tally, *, began: float) -> dict[str, Any]:
    """Return what came of a demo, as plain numbers."""
    real = Alert.patient_id.not_in(synthetic_people())
    by_severity = select(Alert.severity, func.count()).where(real).group_by(Alert.severity)
    handed_over = select(func.count()).where(
        Delivery.state.in_(DONE_STATES), Delivery.recipient != WATCHER
    )
    judged = select(func.count()).where(AssessmentRow.patient_id.not_in(synthetic_people()))
    with database.transaction() as session:
        alerts = {str(tier): int(count) for tier, count in session.execute(by_severity)}
        return {
            "readings_accepted": tally.accepted,
            "readings_refused": tally.refused,
            "patients": session.scalar(select(func.count()).where(~Patient.synthetic)),
            "assessments": session.scalar(judged),
            "alerts": {tier.value: alerts[tier] for tier in Severity if tier in alerts},
            "deliveries": session.scalar(handed_over),
            "seconds": round(time.monotonic() - began, 1),
        }


def visible(base_url: str, logins: list[Login]) -> int:
    """Sign each person in over HTTP and return how many different alerts they are shown."""
    return len({alert for login in logins for alert in _shown(base_url, login)})


def _shown(base_url: str, login: Login) -> list[str]:
    with httpx.Client(base_url=base_url, follow_redirects=True, timeout=30) as browser:
        html = {"Accept": "text/html", "Origin": base_url}
        page = browser.get("/sign-in", headers=html)
        hidden = dict(re.findall(r'name="([^"]+)"[^>]*value="([^"]*)"', page.text))
        form = {**hidden, "username": login.username, "password": login.password}
        inbox = browser.post("/sign-in", data=form, headers=html)
        return re.findall(r'<li class="row [^>]*id="(alert-[^"]+)"', inbox.text)
