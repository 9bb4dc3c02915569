"""What pages may not give away, whatever is stored."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from core.sealed_fields import seal
from ingest.tables import Patient

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

    from core.database import Database
    from tests.ward import Ward

Enter = Callable[[str], "TestClient"]


def test_names_and_values_are_escaped_wherever_they_are_printed(
    database: Database, enter: Enter, ward: Ward
) -> None:
    """SEC-38."""
    hostile = "<script>alert(1)</script>"
    patient = ward.patients["Han Sooja"]
    with database.transaction() as session:
        sealed = seal(session, Patient.name, hostile, id=patient)
        session.get_one(Patient, patient).name = sealed
    client = enter(ward.username)

    pages = [
        client.get(path).text
        for path in (f"/patients/{patient}", "/patients", f"/reports/{ward.team}", "/inbox")
    ]

    assert not any(hostile in page for page in pages)
    assert "&lt;script&gt;" in pages[0]


def test_names_stay_out_of_titles_and_addresses(enter: Enter, ward: Ward) -> None:
    """SEC-24."""
    page = enter(ward.username).get(f"/patients/{ward.patients['Oh Malsun']}").text

    addresses = re.findall(r'(?:href|action|src|hx-get)="([^"]*)"', page)

    assert "<title>Patient · Wardlight</title>" in page
    assert not any("Malsun" in address for address in addresses)


def test_a_week_can_be_asked_for_and_nonsense_is_refused(enter: Enter, ward: Ward) -> None:
    client = enter(ward.username)

    assert client.get(f"/reports/{ward.team}?week=2026-W40").status_code == 200
    assert client.get(f"/reports/{ward.team}?week=soon").status_code == 422
    assert client.get(f"/reports/{ward.team}?week=2099-W01").status_code == 404
