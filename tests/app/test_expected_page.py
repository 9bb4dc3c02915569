"""What is expected of somebody, and why it is missing, as their page says it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from core.clock import utc_now
from core.security import SYSTEM
from core.vitals import Vital
from ingest.asked import asked
from ingest.schedules import service as schedules
from monitoring.service import assess, load_rulebook
from tests.ward import MALSUN

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

    from core.database import Database
    from tests.ward import Ward

PEOPLE = (MALSUN,)
Enter = Callable[[str], "TestClient"]


def test_what_was_asked_for_and_did_not_come_stands_on_the_page_with_the_reason(
    database: Database, enter: Enter, ward: Ward
) -> None:
    patient = ward.patients["Oh Malsun"]
    now = utc_now()
    wanted = asked(Vital.FEV1, (), (), grace=0, since=now - timedelta(days=3))
    with database.transaction() as session:
        schedules.ask(session, SYSTEM, patient, wanted, now=now)
        assess(session, patient, now=now, rulebook=load_rulebook(), model=None)

    page = enter(ward.username).get(f"/patients/{patient}").text
    card = page[page.index("streams-title") :].split("</section>")[0]
    with database.transaction() as session:
        schedules.ask_no_more(session, SYSTEM, patient, Vital.FEV1, now=now)

    assert "<dt>FEV1</dt><dd>never · <strong>not measured</strong> · late since" in card
