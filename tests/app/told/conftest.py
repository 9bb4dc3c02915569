"""Somebody with a telephone, and a browser in which they open what is sent to them."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

import app.pages.router
from alerts.dailies import service as dailies
from core.clock import utc_now
from ingest import tables
from ingest.contacts.service import PAGE_CLIENT
from ingest.tables import Resource, StoredReading
from tests.app.conftest import BASE, SETTINGS, csrf
from tests.people import called
from tests.told import asked_again, messages_of, phone, reachable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from httpx2 import Response

    from core.database import Database
    from core.settings import Settings
    from core.vitals import Vital
    from tests.told import Phone


SEOUL = ZoneInfo("Asia/Seoul")
NAME = "Canary Patientname"
HEADERS = {"Origin": BASE, "Sec-Fetch-Site": "same-origin"}
WEIGHT = {"body_weight": "61.5", "body_weight_unit": "kg"}

NO, YES, UNKNOWN = "LA32-8", "LA33-6", "261665006"
WELL = {
    "breathless__at__rest": NO,
    "breathless__lying__flat": NO,
    "new__confusion": NO,
    "poor__intake": UNKNOWN,
}


class Patient:
    """Somebody with a telephone, and a browser of their own."""

    def __init__(self, database: Database, who: UUID, telephone: Phone, web: FastAPI) -> None:
        self.database, self.telephone, self.usual = database, telephone, web
        self.id = who

    def told(self, *, now: datetime | None = None) -> str:
        """Send what waits; return the secret of the last link."""
        with self.database.transaction() as session:
            for each in messages_of(session, self.id):
                self.telephone.post(session, each, now=now or utc_now())
        return self.telephone.secret()

    def browser(self, settings: Settings = SETTINGS, *, clock: Any = None) -> TestClient:
        web = self.usual
        if settings is not SETTINGS or clock is not None:
            web = FastAPI()
            app.pages.router.mount(web, self.database, settings, clock or utc_now)
        return TestClient(
            web, base_url=settings.base_url, follow_redirects=False, headers={"Accept": "text/html"}
        )

    def asked(self, *vitals: Vital, language: str = "en", carer: bool = False) -> str:
        now = utc_now()
        with self.database.transaction() as session:
            # What was told before, by another test, is over: this is a new request.
            for each in messages_of(session, self.id):
                each.answered_at = each.answered_at or now
            reachable(session, self.id, now=now, language=language, carer=carer)
            asked_again(session, self.id, *vitals, now=now)
        return self.told()

    def readings(self) -> list[StoredReading]:
        with self.database.transaction() as session:
            mine = (StoredReading.patient_id == self.id, Resource.client_id == PAGE_CLIENT)
            joined = select(StoredReading).join(Resource, Resource.id == StoredReading.resource_id)
            return list(session.scalars(joined.where(*mine).order_by(StoredReading.received_at)))


def opened(browser: TestClient, secret: str) -> Response:
    """Open a link as a person does, and return the page behind it."""
    assert browser.get(f"/m/{secret}").status_code == 200
    answer = browser.post(f"/m/{secret}", headers=HEADERS)
    assert (answer.status_code, answer.headers["location"]) == (303, "/m"), answer.text
    return browser.get("/m")


def send(browser: TestClient, page: Response, **said: str) -> Response:
    fields = {"csrf": csrf(page.text), **{k.replace("__", "-"): v for k, v in said.items()}}
    return browser.post("/m", data=fields, headers=HEADERS)


def text_of(page: Response) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", page.text.partition("<body")[2]))


def asked_daily(patient: Patient, language: str = "en") -> str:
    now = utc_now()
    with patient.database.transaction() as session:
        for each in messages_of(session, patient.id):
            each.key = f"before {each.id}" if each.kind == "daily" else each.key
        reachable(session, patient.id, now=now, language=language)
        hour = now.astimezone(SEOUL).strftime("%H:%M")
        assert dailies.ask(session, patient.id, hour, now=now)
    return patient.told()


@pytest.fixture
def patient(database: Database, pages: FastAPI) -> Iterator[Patient]:
    """Somebody of whom nothing is known yet."""
    who = uuid4()
    with database.transaction() as session:
        session.add(called(session, who, NAME, created=utc_now()))
        session.flush()
        session.get_one(tables.Patient, who).zone = "Asia/Seoul"
    with phone() as telephone:
        yield Patient(database, who, telephone, pages)
