"""The inbox of a running system, with readings flowing in: it follows, says what is new, and
says when it cannot be relied upon.
"""

from __future__ import annotations

import signal
import time
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from app.accounts.service import NewUser, create_user
from core.clock import utc_now
from core.security import Role
from ingest.numbers.repository import called
from ingest.repository import responsible
from ingest.tables import CareTeamParticipant, CareTeamPatient
from lab.gateway import Tally
from tests.browser.conftest import sign_in, visit
from tests.invented import enrolment, observation, ordinary
from tests.people import clinician
from tests.running_system import System, running_system, until
from tests.ward import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.processes]
MRN, FAMILY = "running-1", "Byeongcheol"
NAME = f"Test {FAMILY}"
SEEN_BY_COLLEAGUES_WITHIN = 2.0  # seconds (UX-04)
LET_GO_WITHIN = 12.0  # seconds: after 15 it would cut the streams off


@pytest.fixture(scope="module")
def ward_at_work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system with one patient who measures, and the two clinicians of their team."""
    with running_system(tmp_path_factory.mktemp("ward"), WARDLIGHT_WATCH_SECONDS="5") as system:
        gateway, tally = system.gateway("home"), Tally()
        gateway.post(enrolment(MRN, name=FAMILY), tally)
        gateway.post(ordinary(MRN, days=20, until=utc_now() - timedelta(hours=2)), tally)
        assert tally.refused == 0, tally.reasons
        people(system)
        yield system


def people(system: System) -> None:
    with system.database.transaction() as session:
        [patient] = called(session, None, MRN)
        doctor = responsible(session, patient)[0].practitioner_id
        nurse = uuid4()
        session.add(clinician(session, nurse, "Nurse Ko", "nurse@clinic.example"))
        session.flush()
        cared = CareTeamPatient.patient_id == patient
        team = session.scalars(select(CareTeamPatient.care_team_id).where(cared)).one()
        session.add(CareTeamParticipant(care_team_id=team, practitioner_id=nurse, role="nurse"))
        for username, name, role, who in (
            ("rho", "Dr Rho", Role.PHYSICIAN, doctor),
            ("ko", "Nurse Ko", Role.NURSE, nurse),
        ):
            create_user(session, NewUser(username, name, PASSWORD, role, who), now=utc_now())


@pytest.fixture
def open_inbox(chromium: Browser, ward_at_work: System, assets: None) -> Iterator[list[Page]]:
    """The inboxes of both, open beside each other, and live."""
    _ = assets
    address = ward_at_work.base_url
    contexts = [chromium.new_context(base_url=address, locale="en-GB") for _ in range(2)]
    pages = [context.new_page() for context in contexts]
    for page, username in zip(pages, ("rho", "ko"), strict=True):
        sign_in(page, username)
        expect(page.locator("body.is-live")).to_have_count(1, timeout=15_000)
    yield pages
    for context in contexts:
        context.close()


def test_a_reading_becomes_a_row_is_announced_once_and_is_taken_before_a_colleagues_eyes(
    ward_at_work: System, open_inbox: list[Page]
) -> None:
    """UX-13, UX-04, UX-03: from the gateway to two open browsers, over every process between."""
    doctor, nurse = open_inbox
    expect(doctor.get_by_role("heading", name="Nobody needs you now")).to_be_visible()

    ward_at_work.gateways[-1].post(observation(MRN, "spo2", 86, utc_now()), Tally())

    for page in open_inbox:
        expect(page.locator("#new")).to_have_text("1 new: show it", timeout=20_000)
        expect(page.locator("#red")).not_to_be_empty()
        page.locator("#new").click()
        expect(page.get_by_role("link", name=NAME, exact=True)).to_be_visible()
        expect(page.locator("body.is-live")).to_have_count(1, timeout=15_000)
    row = nurse.locator(".row-red")
    expect(row).to_contain_text("86")
    expect(row).to_contain_text("not owned")

    doctor.get_by_role("button", name=f"Take it for {NAME}").click()
    doctor.get_by_text("You have taken the alert").wait_for()
    taken = time.monotonic()
    expect(row).to_contain_text("Rho", timeout=10_000)
    assert time.monotonic() - taken < SEEN_BY_COLLEAGUES_WITHIN


def test_a_halted_worker_turns_the_strip_to_degraded_and_back(
    ward_at_work: System, open_inbox: list[Page]
) -> None:
    """UX-14, REL-35: said on the page that is open already, with nobody touching it."""
    page = open_inbox[0]
    strip = page.locator("#strip")
    expect(strip).to_contain_text("Alerting normal", timeout=60_000)

    workers = until(lambda: ward_at_work.children("worker"), within=10, what="workers")
    try:
        for each in workers:
            each.send_signal(signal.SIGSTOP)
        expect(strip).to_contain_text("Alerting degraded", timeout=120_000)
    finally:
        for each in workers:
            each.send_signal(signal.SIGCONT)
    expect(strip).to_contain_text("Alerting normal", timeout=120_000)


def test_an_api_that_is_told_to_stop_lets_go_of_its_streams_and_the_page_says_not_live(
    ward_at_work: System, open_inbox: list[Page]
) -> None:
    """UX-14, REL-37: it does not wait to cut its streams off, and is followed when it is back."""
    page = open_inbox[0]
    page.clock.install()
    visit(page, "/inbox")
    expect(page.locator("body.is-live")).to_have_count(1, timeout=15_000)
    [api] = until(lambda: ward_at_work.children("app serve"), within=10, what="the API")

    api.send_signal(signal.SIGTERM)

    until(lambda: not api.is_running(), within=LET_GO_WITHIN, what="the API has ended")
    page.clock.fast_forward(31_000)
    expect(page.locator("#not-live")).to_contain_text("Not live: rows as of")
    expect(page.locator("body.is-live")).to_have_count(1, timeout=60_000)
    expect(page.locator("#not-live")).to_have_count(0)
