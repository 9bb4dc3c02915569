"""Video visits on the patient page, on the patient's own page, and at `/fhir/Appointment`."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

import app.pages.router
from alerts.visits.tables import Appointment
from core.clock import utc_now
from fhir.strict import check, decode
from tests.app.conftest import BASE, SETTINGS, csrf
from tests.app.fhir_api.test_written import found
from tests.app.test_acting_page import of, page, post
from tests.app.told.conftest import opened
from tests.told import messages_of, phone, reachable
from tests.ward import PASSWORD, keep_alive

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from core.database import Database
    from tests.ward import Ward

SITE = SETTINGS.model_copy(update={"video_visit_url": "https://meet.example/r/{id}?lang=en"})
WAY_IN = re.compile(
    r'href="(https://meet\.example/r/[0-9a-f]{32}\?lang=en)" target="_blank" '
    r'rel="noopener noreferrer"'
)


@pytest.fixture(scope="module")
def site(database: Database) -> FastAPI:
    web = FastAPI()
    app.pages.router.mount(web, database, SITE)
    return web


@pytest.fixture
def visiting(database: Database, ward: Ward, site: FastAPI) -> Callable[[str], TestClient]:
    """Return who signs in where video visits are held."""
    keep_alive(database, now=ward.now)

    def sign_in(username: str) -> TestClient:
        client = TestClient(site, base_url=BASE, follow_redirects=False)
        token = csrf(client.get("/sign-in").text)
        fields = {"username": username, "password": PASSWORD, "csrf": token}
        assert client.post("/sign-in", data=fields).status_code == 303
        return client

    return sign_in


def visit_of(database: Database, alert: UUID) -> Appointment:
    with database.transaction() as session:
        query = select(Appointment).where(Appointment.alert_id == alert)
        row = session.scalars(query.order_by(Appointment.booked_at.desc())).first()
        assert row is not None
        return row


def test_where_no_visits_are_held_none_is_offered_or_booked(
    database: Database, enter: Callable[[str], TestClient], ward: Ward
) -> None:
    client, alert = enter(ward.username), of(database, ward, "Oh Malsun")

    text = client.get(f"/patients/{ward.patients['Oh Malsun']}").text

    assert f'action="/alerts/{alert}/visit"' not in text
    assert post(client, alert, "visit").status_code == 404


def test_a_visit_is_booked_joined_seen_by_a_colleague_and_held(
    database: Database, visiting: Callable[[str], TestClient], ward: Ward
) -> None:
    client, alert, name = visiting(ward.username), of(database, ward, "Oh Malsun"), "Oh Malsun"

    shown = page(client, post(client, alert, "visit"))

    assert "The video visit is booked" in shown
    assert f'action="/alerts/{alert}/undo"' in shown
    assert WAY_IN.search(shown)
    assert "The patient is not told by a message: tell them." in shown
    theirs = visiting(ward.colleague)
    assert WAY_IN.search(theirs.get(f"/patients/{ward.patients[name]}").text)
    refused = post(theirs, alert, "visit")
    assert refused.status_code == 409
    assert "Dr Han booked a video visit about this alert" in refused.text
    visit = str(visit_of(database, alert).id)
    shown = page(client, post(client, alert, "visit-held", visit=visit, minutes="9"))
    assert "video visit held by Dr Han" in shown
    assert "This month: 9 minutes, 1 live contact" in shown
    assert not WAY_IN.search(shown)
    assert post(client, alert, "visit-cancelled", visit=visit).status_code == 409


def test_an_hour_that_is_none_is_refused_and_nothing_is_booked(
    database: Database, visiting: Callable[[str], TestClient], ward: Ward
) -> None:
    client, alert = visiting(ward.username), of(database, ward, "Moon Taesik")

    codes = [
        post(client, alert, "visit", **fields).status_code
        for fields in ({"at": "soon"}, {"minutes": "7"}, {"at": "14:30:00"})
    ]

    assert codes == [422] * 3
    with database.transaction() as session:
        mine = select(Appointment.id).where(Appointment.alert_id == alert)
        assert session.scalars(mine).all() == []


@pytest.mark.parametrize(
    ("language", "invited", "way", "off"),
    [
        ("en", "would like to speak with you by video", "Go to the video visit", "not take place"),
        ("ko", "담당 의료진이 화상으로", "화상 진료로 가기", "화상 진료가 취소되었습니다"),
    ],
)
def test_the_patients_page_has_time_and_way_in_until_it_is_cancelled(
    database: Database,
    visiting: Callable[[str], TestClient],
    site: FastAPI,
    ward: Ward,
    language: str,
    invited: str,
    way: str,
    off: str,
) -> None:
    """SEC-23: what leaves says that a message waits, and nothing else."""
    client, name = visiting(ward.username), "Kwon Yeonghui"
    alert, patient = of(database, ward, name), ward.patients[name]
    with database.transaction() as session:
        reachable(session, patient, now=utc_now(), language=language)
    page(client, post(client, alert, "visit", minutes="60"))
    visit = visit_of(database, alert)
    with phone() as telephone:
        with database.transaction() as session:
            for each in messages_of(session, patient):
                telephone.post(session, each, now=utc_now())
        secret, sent = telephone.secret(), telephone.texts
    browser = TestClient(
        site, base_url=BASE, follow_redirects=False, headers={"Accept": "text/html"}
    )

    shown = opened(browser, secret).text

    assert invited in shown
    assert way in shown
    assert WAY_IN.search(shown)
    assert not any("meet.example" in each or "video" in each for each in sent)
    page(client, post(client, alert, "visit-cancelled", visit=str(visit.id)))
    after = browser.get("/m").text
    assert off in after
    assert not WAY_IN.search(after)


def test_a_visit_is_an_appointment_without_the_way_in_fhir_25(
    database: Database, visiting: Callable[[str], TestClient], ward: Ward
) -> None:
    client, name = visiting(ward.username), "Baek Jonggil"
    alert, patient = of(database, ward, name), ward.patients[name]
    page(client, post(client, alert, "visit"))

    (ours,) = appointments(database, ward, ("actor", f"Patient/{patient}"))

    strict = decode(json.dumps(ours).encode())
    assert isinstance(strict, dict)
    assert check(strict) == ()
    assert ours["status"] == "booked"
    assert ours["id"] == str(visit_of(database, alert).id)
    assert "meet.example" not in json.dumps(ours)
    assert appointments(database, ward, ("status", "booked"), ("actor", str(patient))) == [ours]
    assert appointments(database, ward, ("status", "noshow"), ("actor", str(patient))) == []
    day = ours["start"][:10]
    assert ours in appointments(database, ward, ("date", day))
    assert appointments(database, ward, ("date", "lt2020-01-01")) == []


def appointments(database: Database, ward: Ward, *pairs: tuple[str, str]) -> list[dict[str, Any]]:
    late = ward.__class__(**{**vars_of(ward), "now": utc_now()})
    return found(database, "Appointment", late, *pairs)


def vars_of(ward: Ward) -> dict[str, Any]:
    return {name: getattr(ward, name) for name in ward.__dataclass_fields__}
