"""Nothing of a score is on any page or card once the person objects to it (SEC-46)."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from alerts import service as alerting
from alerts.tables import AlertFinding
from alerts.views import repository as views
from app.cds_hooks.cards import cards
from app.pages.language import language
from app.pages.report_reasons import About, reasons
from core.security import SYSTEM
from ingest.choices import Purpose
from ingest.repository import visible_to
from ingest.tables import Patient
from monitoring import repository as judgements
from monitoring import service as judging
from monitoring.findings import Problem
from monitoring.permitted import SCORES_OWN
from tests.choosing import say
from tests.rulebook import RULEBOOK
from tests.score_alert import EAGER, POLICY, TOLD, UNTOLD, scored
from tests.ward import SOOJA, YOUNG, Ward

if TYPE_CHECKING:
    from uuid import UUID

    from fastapi.testclient import TestClient
    from sqlalchemy.orm import Session

    from core.database import Database
    from tests.app.conftest import Enter

PEOPLE = (SOOJA, YOUNG)


@pytest.fixture
def doctor(enter: Enter, ward: Ward) -> TestClient:
    return enter(ward.username)


def card(session: Session, who: UUID) -> str:
    only = visible_to(SYSTEM).where(Patient.id == who)
    return str(cards(views.live(session, only), who, [], base="https://w.example"))


def sentence(session: Session, ward: Ward, who: UUID, alert: UUID) -> str:
    end, about = ward.now + timedelta(hours=1), About(alert, who, Problem.DECLINE)
    found = reasons(session, [about], end=end, zone=UTC, said=language("en"))  # type: ignore[arg-type]
    said = found[alert]
    return f"{said.before}{said.number}{said.after}"


def test_inbox_patient_page_card_and_report_hold_nothing_of_it(
    doctor: TestClient, database: Database, ward: Ward
) -> None:
    who = ward.patients[SOOJA.name]
    with database.transaction() as session:
        _, alert = scored(session, who, now=ward.now)
        before = card(session, who)
    row, page = doctor.get("/inbox").text, doctor.get(f"/patients/{who}").text
    others = row.count(TOLD) - 1
    assert others >= 0
    assert TOLD in page
    assert TOLD in before

    with database.transaction() as session:
        say(session, who, Purpose.SCORING, allowed=False, at=ward.now)
        after, told = card(session, who), sentence(session, ward, who, alert)
    row, page = doctor.get("/inbox").text, doctor.get(f"/patients/{who}").text

    for text in (row, page, after, told):
        assert UNTOLD in text
        assert text.count(TOLD) == (others if text is row else 0)
    assert "Raised most by" not in page
    korean = doctor.get(f"/patients/{who}", headers={"Accept-Language": "ko"}).text
    assert "학습 점수로 열린 알림" in korean
    assert "objects to automated" not in korean


def test_a_score_that_waits_to_be_raised_is_not_raised(database: Database, ward: Ward) -> None:
    who = ward.patients[YOUNG.name]
    with database.transaction() as session:
        judged = judging.assess(session, who, now=ward.now, rulebook=RULEBOOK, model=EAGER)
        own = {each.rule_id for each in judgements.assessment(session, judged).findings}
        say(session, who, Purpose.SCORING, allowed=False, at=ward.now)
        alerting.raise_from(session, judged, now=ward.now, policy=POLICY)
        query = select(AlertFinding.rule_id).where(AlertFinding.assessment_id == judged)

        assert SCORES_OWN in own
        assert SCORES_OWN not in set(session.scalars(query))
