"""A list that is longer than its page says so, and of how many it shows the first."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlalchemy import delete, select
from typer.testing import CliRunner

from app import dead_letters
from app.cli import build
from app.emergency import service as emergency
from app.staff import repository as rights
from app.staff import teams
from core.clock import utc_now
from core.first import First, first, first_of
from core.outbox import Outbox, State, Topic
from core.sealed_fields import seal
from core.security import SYSTEM, Caller, Role
from ingest.access.tables import EmergencyAccess
from ingest.teams.tables import TeamStay
from tests.app.administration.signed_in import Person, come_in

if TYPE_CHECKING:
    import pytest
    from fastapi import FastAPI
    from sqlalchemy.orm import Session

    from core.database import Database
    from core.embedded import Servers
    from tests.ward import Invented, Ward

PEOPLE: tuple[Invented, ...] = ()
LONG_AGO = timedelta(days=300)
SUPERVISOR = Caller("user", uuid4(), Role.SUPERVISOR)
KOREAN = {"Accept-Language": "ko"}


def test_what_is_cut_is_counted_and_what_is_whole_is_not(session: Session) -> None:
    subject = uuid4()
    session.add_all(given_up(subject) for _ in range(3))
    query = select(Outbox).where(Outbox.subject_id == subject).order_by(Outbox.created_at)

    cut, whole = first(session, query, 2), first(session, query, 3)

    assert (len(cut.shown), cut.total) == (2, 3)
    assert (len(whole.shown), whole.total) == (3, 3)
    assert first_of("abc", 2).each(str.upper) == First(["A", "B"], 3)


def given_up(subject: UUID | None = None) -> Outbox:
    now = utc_now()
    return Outbox(
        topic=Topic.EXPORT,
        subject_id=subject or uuid4(),
        state=State.PARKED,
        attempts=8,
        next_try_at=now,
        created_at=now,
    )


def says_so(somebody: Person, page: str, total: int) -> None:
    """Check that a page says in both languages that it shows the first of so many."""
    english = somebody.browser.get(page).text
    korean = somebody.browser.get(page, headers=KOREAN).text
    assert f"Shown are the first 1 of {total}." in english, page
    assert f"전체 {total}건 중 처음 1건만 표시합니다." in korean, page


def test_work_that_was_given_up_is_counted_beyond_what_is_shown(
    database: Database,
    embedded: Servers,
    web: FastAPI,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dead_letters, "MOST", 1)
    supervisor = come_in(database, web, Role.SUPERVISOR)
    with database.transaction() as session:
        session.execute(delete(Outbox).where(Outbox.state == State.PARKED))
        session.add_all(given_up() for _ in range(3))
    servers = {
        "WARDLIGHT_DATABASE_URL": embedded.database_url,
        "WARDLIGHT_BROKER_URL": embedded.broker_url,
        "WARDLIGHT_FIELD_KEYS": embedded.field_keys,
    }

    says_so(supervisor, "/dead-letters", 3)
    assert "3 pieces wait for somebody" in supervisor.read("/dead-letters")
    told = CliRunner().invoke(build("dead"), ["dead", "list"], env=servers)
    assert told.output.splitlines()[1:] == ["these are the first 1 of 3"]
    with database.transaction() as session:
        session.execute(delete(Outbox).where(Outbox.state == State.PARKED))


def test_changes_of_rights_and_who_was_in_a_team_are_counted_beyond_what_is_shown(
    database: Database, web: FastAPI, ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rights, "MOST_CHANGES", 1)
    monkeypatch.setattr(teams, "MOST_STAYS", 1)
    boss = come_in(database, web, Role.ADMINISTRATOR)
    with database.transaction() as session:
        for before, after in (("nurse", "physician"), ("physician", "nurse")):
            rights.note(session, SYSTEM, boss.id, "role", before=before, after=after, now=utc_now())
        stays = session.scalars(select(TeamStay).where(TeamStay.care_team_id == ward.team)).all()

    says_so(boss, f"/administration/users/{boss.id}", 2)
    says_so(boss, f"/administration/teams/{ward.team}", len(stays))


def test_reviews_of_emergencies_are_counted_beyond_what_is_shown(
    database: Database, web: FastAPI, ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emergency, "MOST", 1)
    officer = come_in(database, web, Role.PRIVACY_OFFICER)
    began, ids = utc_now() - LONG_AGO, [uuid4(), uuid4()]
    patient = next(iter(ward.patients.values()))
    with database.transaction() as session:
        session.add_all(
            EmergencyAccess(
                id=id_,
                user_id=officer.id,
                patient_id=patient,
                reason="emergency",
                text=seal(session, EmergencyAccess.text, "x", id=id_),
                began_at=began,
                until=began,
                ended_at=began,
                notified_at=began,
                reviewed_at=began,
                review=seal(session, EmergencyAccess.review, "x", id=id_),
            )
            for id_ in ids
        )
        total = emergency.to_review(session, SUPERVISOR, now=utc_now()).total

    assert total >= 2
    says_so(officer, "/break-glass/reviews", total)
    with database.transaction() as session:
        session.execute(delete(EmergencyAccess).where(EmergencyAccess.id.in_(ids)))
