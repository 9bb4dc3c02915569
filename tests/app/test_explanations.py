"""One explanation, in the reader's language, on page, in report and in FHIR."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import msgspec
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import inspect, select, update

import app.pages.router
from alerts.standings.repository import finding_of
from alerts.tables import Alert, AlertFinding
from app.fhir_api.service import Asked, search
from core.security import SYSTEM
from core.vitals import Severity
from fhir.search_criteria import Criteria, Place
from fhir.search_parameters import read_search
from ingest.tables import Patient
from monitoring import words
from monitoring.findings import Problem
from reports.week import Week
from tests.app.conftest import BASE, SETTINGS, csrf
from tests.ward import PASSWORD

if TYPE_CHECKING:
    from uuid import UUID

    from alerts.inbox import FindingView
    from core.database import Database
    from tests.ward import Ward

Enter = Callable[[str], "TestClient"]
KOREAN = {"accept-language": "ko-KR,ko;q=0.9,en;q=0.5"}


def gravest(database: Database, patient: UUID) -> FindingView:
    query = (
        select(AlertFinding, Alert.problem)
        .join(Alert, Alert.id == AlertFinding.alert_id)
        .where(Alert.patient_id == patient, AlertFinding.severity == Severity.RED)
    )
    with database.transaction() as session:
        row, problem = session.execute(query).first() or (None, "")
        assert row is not None
        return finding_of(row, Problem(problem))


def visible(html: str) -> str:
    """Return a page's text: tags left out, what was escaped as it was."""
    text = re.sub(r"<[^>]+>", "", html)
    return " ".join(text.replace("&#39;", "'").replace("&amp;", "&").split())


def test_page_inbox_report_and_fhir_say_the_same_in_each_language(
    database: Database, enter: Enter, ward: Ward
) -> None:
    """Issue 4, part 8: one place builds it, FHIR uses it; a row and the report are shorter."""
    patient = ward.patients["Oh Malsun"]
    client, red = enter(ward.username), gravest(database, patient)
    week = Week.of(ward.now - timedelta(minutes=6), zone=UTC)
    for language, headers in (("en", {"accept-language": "en"}), ("ko", KOREAN)):
        said = words.clinician(red, language)

        for short in ("/inbox", f"/reports/{ward.team}?week={week}"):
            assert str(red.value).removesuffix(".0") in visible(
                client.get(short, headers=headers).text
            )
        assert said in visible(client.get(f"/patients/{patient}", headers=headers).text)
        assert said in {each["detail"][: len(said)] for each in issues(database, ward, language)}


def issues(database: Database, ward: Ward, language: str) -> list[dict[str, str]]:
    later = ward.now + timedelta(minutes=1)
    pairs = (("patient", str(ward.patients["Oh Malsun"])),)
    place = Place("https://w.example/fhir", UTC, later)
    asked = Asked(pairs, place, "secret", later, asof=later, language=language)
    criteria = read_search("DetectedIssue", pairs, place, strict=True)
    assert isinstance(criteria, Criteria)
    with database.transaction() as session:
        bundle = msgspec.json.decode(search(session, SYSTEM, criteria, asked))
    found = [entry["resource"] for entry in bundle["entry"]]
    assert {each["language"] for each in found} == {language}
    return found


def test_a_rule_that_holds_in_several_readings_is_explained_once_ux_06(
    database: Database, enter: Enter, ward: Ward
) -> None:
    patient, hour = ward.patients["Oh Malsun"], timedelta(hours=1)
    rule = f"{gravest(database, patient).rule_id} (RED)"
    page = f"/patients/{patient}"
    before = visible(enter(ward.username).get(page).text).count(rule)
    with database.transaction() as session:
        query = select(AlertFinding).join(Alert, Alert.id == AlertFinding.alert_id)
        red = session.scalars(
            query.where(Alert.patient_id == patient, AlertFinding.severity == Severity.RED)
        ).first()
        assert red is not None
        same = {each.key: getattr(red, each.key) for each in inspect(AlertFinding).columns}
        session.add(AlertFinding(**(same | {"id": uuid4(), "at": red.at - hour})))

    text = visible(enter(ward.username).get(page).text)

    assert (before, text.count(rule)) == (1, 1)
    assert "findings, the gravest of each rule." in text


def test_the_checklist_names_two_alternatives_with_their_evidence(
    database: Database, enter: Enter, ward: Ward
) -> None:
    """alerting.md section 6, item 5."""
    patient = ward.patients["Oh Malsun"]
    for language, headers in (("en", {"accept-language": "en"}), ("ko", KOREAN)):
        page = visible(enter(ward.username).get(f"/patients/{patient}", headers=headers).text)
        others = words.alternatives(gravest(database, patient), language)

        assert len(others) == 2
        for other in others:
            assert page.count(f"{other.name} {other.evidence} {other.ask}") >= 2  # and why


def test_the_patient_is_told_in_their_own_language_whoever_reads(
    database: Database, enter: Enter, ward: Ward
) -> None:
    """alerting.md section 8, principle 4."""
    patient = ward.patients["Oh Malsun"]
    red = gravest(database, patient)
    english = words.patient(red, "en", emergency="911")
    assert english in visible(enter(ward.username).get(f"/patients/{patient}").text)

    with database.transaction() as session:
        session.execute(update(Patient).where(Patient.id == patient).values(language="ko-KR"))
    page = visible(enter(ward.username).get(f"/patients/{patient}").text)
    with database.transaction() as session:
        session.execute(update(Patient).where(Patient.id == patient).values(language=""))

    assert words.patient(red, "ko", emergency="911") in page
    assert "911" in words.patient(red, "ko", emergency="911")
    assert english not in page


def test_a_second_look_says_what_changed_since_the_first(database: Database, ward: Ward) -> None:
    """Issue 4, part 8: what changed since this clinician last looked."""
    address = f"/patients/{ward.patients['Moon Taesik']}"
    first, later = "You have not looked at this person before.", "you last looked, on"

    assert first in look(database, ward, address, minutes=0)
    again = look(database, ward, address, minutes=10)  # the same sitting
    assert "You looked 10 min ago; nothing has changed since." in again
    assert "You had not looked at this person before this session." in again
    assert later in look(database, ward, address, minutes=60)
    assert later in look(database, ward, address, minutes=64)  # the last session stays in sight


def look(database: Database, ward: Ward, address: str, *, minutes: int) -> str:
    """Sign in and open a page so many minutes after the ward was opened."""
    web = FastAPI()
    app.pages.router.mount(web, database, SETTINGS, lambda: ward.now + timedelta(minutes=minutes))
    client = TestClient(web, base_url=BASE, follow_redirects=False)
    fields = {"username": ward.username, "password": PASSWORD}
    fields["csrf"] = csrf(client.get("/sign-in").text)
    assert client.post("/sign-in", data=fields).status_code == 303
    return visible(client.get(address).text)


def test_words_that_an_earlier_version_stored_are_shown_as_they_stand(
    database: Database, enter: Enter, ward: Ward
) -> None:
    patient = ward.patients["Seo Insuk"]
    old = {"says": None, "sentence": "Systolic BP 158 mmHg, as it was said.", "counterfactual": ""}
    alerts = select(Alert.id).where(Alert.patient_id == patient)
    with database.transaction() as session:
        session.execute(update(AlertFinding).where(AlertFinding.alert_id.in_(alerts)).values(**old))

    for headers in ({}, KOREAN):
        page = enter(ward.username).get(f"/patients/{patient}", headers=headers)
        assert page.status_code == 200
        assert "Systolic BP 158 mmHg, as it was said." in visible(page.text)
