"""What somebody was asked to measure again, and what became of it, as their page says it."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

import alerts.service
from alerts.lifecycle import State
from app.pages.asked import became, raised
from app.pages.language import language
from core.clock import utc_now
from core.security import Caller, Role
from core.vitals import Vital
from ingest import repository as people
from ingest.tables import StoredReading
from monitoring.asking.repository import ask
from monitoring.asking.tables import RepeatRequest
from monitoring.findings import Ask
from monitoring.repeats import Outcome
from tests.rulebook import RULEBOOK
from tests.ward import JONGGIL, RIVERSIDE, SOOJA

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

    from core.database import Database
    from tests.ward import Ward

Enter = Callable[[str], "TestClient"]
ASKING = RULEBOOK.asking
ROOT = Path(__file__).parents[2]


def asked(database: Database, patient: UUID, *, critical: bool = False) -> None:
    """Ask for three repeats: one in time, one missed, one that may still come."""
    now = utc_now()
    with database.transaction() as session:
        for vital, ago, minutes in (
            (Vital.SPO2, 90, 15),
            (Vital.GLUCOSE, 60, 15),
            (Vital.BODY_WEIGHT, 5, 60),
        ):
            taken = now - timedelta(minutes=ago)
            until = taken + timedelta(minutes=minutes)
            one = Ask(vital, str(uuid4()), "R", taken, until, critical, ASKING.tip(vital))
            ask(session, patient, [one], now=taken)
        session.add(
            StoredReading(
                resource_id=uuid4(),
                resource_version=1,
                ordinal=0,
                patient_id=patient,
                vital=Vital.SPO2,
                value=97.0,
                effective=now - timedelta(minutes=85),
                received_at=now - timedelta(minutes=85),
                quality="scored",
                precision="instant",
            )
        )


def card(page: str) -> list[str]:
    section = page[page.index("asked-title") :].split("</section>", maxsplit=1)[0]
    return [html.unescape(line) for line in section.split("<li>")[1:]]


def test_the_page_says_what_is_to_be_measured_again_how_and_what_became_of_it_al_20(
    database: Database, enter: Enter, ward: Ward
) -> None:
    patient = ward.patients[SOOJA.name]
    asked(database, patient)

    weight, glucose, oxygen = card(enter(ward.username).get(f"/patients/{patient}").text)

    assert "Weight" in weight
    assert ": waiting" in weight
    assert ASKING.tip(Vital.BODY_WEIGHT) in weight
    assert ": not repeated in time" in glucose
    assert ": repeated" in oxygen
    assert "RED" not in weight + glucose + oxygen


def test_a_tip_is_korean_where_explanations_are_al_20_ux_17(
    database: Database, enter: Enter, ward: Ward
) -> None:
    patient = ward.patients[JONGGIL.name]
    asked(database, patient, critical=True)

    browser = enter(ward.username)
    page = browser.get(f"/patients/{patient}", headers={"Accept-Language": "ko"}).text

    weight = card(page)[0]
    assert '<span class="small soft" lang="ko">' in weight
    assert "다시" in weight
    assert ASKING.tip(Vital.BODY_WEIGHT) not in weight


@pytest.mark.parametrize(
    ("state", "english", "korean"),
    [
        (State.OPEN, "its RED is open already", "이미 열려 있음"),
        (State.ACKNOWLEDGED, "somebody has taken its RED", "담당자가 있음"),
        (State.RESOLVED, "its RED was resolved", "종결됨"),
        (State.WITHDRAWN, "its RED was withdrawn", "철회됨"),
    ],
)
def test_an_asking_says_where_its_red_stands_now(state: State, english: str, korean: str) -> None:
    """AL-20: a RED that somebody resolved is not called open."""
    assert became(Outcome.UNANSWERED, state, language("en")).endswith(f"; {english}")
    assert became(Outcome.UNANSWERED, state, language("ko")).endswith(korean)


def test_every_state_of_an_alert_has_its_words_beside_an_asking() -> None:
    said = {became(Outcome.REPEATED, state, language("en")) for state in State}

    assert len(said) == len(State) - 1  # a claimed one is open


def test_an_asking_is_of_the_alert_that_its_value_raised(ward: Ward, database: Database) -> None:
    """AL-20: the page of somebody with a RED, whose reading a repeat was asked for."""
    reader = Caller("user", ward.user_id, Role.PHYSICIAN, ward.practitioner_id)
    with database.transaction() as session:
        found = [
            each
            for patient in ward.patients.values()
            if people.may_see(session, reader, patient)
            for each in alerts.service.episodes(session, reader, patient)
        ]
        red = next(each for each in found if each.headline.evidence)
        read = red.headline.evidence[0]
        ask_of = Ask(
            read.vital,
            read.reading_id,
            red.headline.rule_id,
            read.effective,
            read.effective,
            critical=True,
            tip="",
        )

    assert raised(ask_of, found) is red.state
    assert raised(replace(ask_of, critical=False), found) is None
    assert raised(replace(ask_of, rule_id="another"), found) is None


def test_nothing_asked_is_no_section(database: Database, enter: Enter, ward: Ward) -> None:
    with database.transaction() as session:
        asked = set(session.scalars(select(RepeatRequest.patient_id)))
    quiet = next(ward.patients[p.name] for p in RIVERSIDE if ward.patients[p.name] not in asked)

    page = enter(ward.username).get(f"/patients/{quiet}").text

    assert "streams-title" in page
    assert "asked-title" not in page


@pytest.mark.parametrize("words", [*(tip.words for tip in ASKING.tips), ASKING.plain])
def test_the_page_for_integrators_lists_every_tip(words: str) -> None:
    assert f"| {words} |" in (ROOT / "docs" / "integrating.md").read_text()
