"""Whoever reads an alert or a score elsewhere reads that it is contested, and how that ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import select

from alerts.views.repository import live
from app.cds_hooks.cards import cards
from app.copies.service import copy
from core.clock import utc_now
from core.security import SYSTEM, Caller, Role
from core.settings import Environment, Settings
from fhir.contested import CONTESTS
from ingest.tables import Patient
from monitoring.contesting import service
from monitoring.contesting.service import Asked, Said
from monitoring.contests import By, Ground, Ruling
from tests.door import BASE, SECRET
from tests.oracle.panel import panel
from tests.score_alert import scored
from tests.ward import SOOJA, open_ward

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from uuid import UUID

    from core.database import Database
    from core.embedded import Servers

SETTINGS = Settings(environment=Environment.TEST, secret_key=SecretStr(SECRET), base_url=BASE)
LATER, MUCH_LATER = timedelta(seconds=1), timedelta(minutes=1)
UPHELD = "Its score was contested, and that was upheld."


@dataclass(frozen=True, slots=True)
class Case:
    """Whose judgement opened an alert by its score, and who looks after them."""

    who: UUID
    judged: UUID
    doctor: Caller


@pytest.fixture
def case(database: Database, embedded: Servers) -> Iterator[Case]:
    ward = open_ward(database, people=(SOOJA,))
    who = ward.patients[SOOJA.name]
    with database.transaction() as session:
        judged, _ = scored(session, who, now=utc_now())
    yield Case(who, judged, Caller("user", ward.user_id, Role.PHYSICIAN, ward.practitioner_id))
    with psycopg.connect(embedded.migration_database_url, autocommit=True) as connection:
        # Which the application may not, and what a judgement needs that others take back.
        connection.execute("delete from score_contest where patient_id = %s", [who])


def told(database: Database, case: Case, now: datetime) -> list[dict[str, Any]]:
    """Return the score and the alert that rests on it, as another system reads them."""
    with database.transaction() as session:
        known = copy(session, SYSTEM, case.who, SETTINGS, now=now)
    found = [each["resource"] for each in known.entries]
    return [
        each
        for each in found
        if each["id"] == str(case.judged)
        or (each["resourceType"] == "DetectedIssue" and "contained" in each)
    ]


def card(database: Database, case: Case, language: str) -> str:
    with database.transaction() as session:
        open_now = live(session, select(Patient.id).where(Patient.id == case.who))
    shown = cards(open_now, case.who, [], base="https://ward.example", language=language)
    return "".join(each["detail"] for each in shown["cards"])


def test_alert_score_and_card_say_how_a_contest_stands_sec_46(
    database: Database, case: Case
) -> None:
    now = utc_now()
    nothing = told(database, case, now)
    with database.transaction() as session:
        asked = Asked(By.PATIENT, Ground.READING, "The wrong arm.", case.judged)
        made = service.contest(session, case.doctor, case.who, asked, now=now)
    waiting = told(database, case, now + MUCH_LATER)
    with database.transaction() as session:
        said = Said(Ruling.UPHELD, "It was.")
        service.answer(session, case.doctor, made.id, said, now=now + LATER)
    upheld = told(database, case, now + MUCH_LATER)

    assert len(nothing) == 2
    assert all("tag" not in each["meta"] for each in nothing)
    for found, code in ((waiting, "waits"), (upheld, "upheld")):
        assert [each["meta"]["tag"][0]["code"] for each in found] == [code] * 2
        assert {each["meta"]["tag"][0]["system"] for each in found} == {CONTESTS}
    (issue,) = (each for each in upheld if each["resourceType"] == "DetectedIssue")
    (inside,) = issue["contained"]
    assert issue["detail"].endswith(UPHELD)
    assert [each["text"] for each in inside["note"]] == [UPHELD]
    assert issue["meta"]["lastUpdated"] == (now + LATER).isoformat()
    assert panel([*waiting, *upheld]) == [[]] * 4
    assert UPHELD in card(database, case, "en")
    assert "점수에 대한 이의가 인정됨." in card(database, case, "ko")
