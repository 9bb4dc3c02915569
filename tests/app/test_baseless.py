"""An alert behind which nothing stands any more is shown, and a person ends it (SEC-46)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from alerts.inbox import BASELESS
from alerts.service import episodes
from alerts.tables import Alert, AlertFinding
from app.cds_hooks.cards import cards
from core.clock import utc_now
from core.security import SYSTEM, Role
from tests.app.administration.signed_in import Person, come_in

if TYPE_CHECKING:
    from uuid import UUID

    from fastapi import FastAPI

    from core.database import Database
    from tests.ward import Ward

WHO = "Oh Malsun"


@pytest.fixture
def alert(database: Database, ward: Ward) -> UUID:
    found = ward.alerts[WHO][0]
    with database.transaction() as session:
        fallen = update(AlertFinding).where(AlertFinding.alert_id == found)
        session.execute(fallen.values(fallen_at=utc_now()))
    return found


@pytest.fixture
def doctor(database: Database, web: FastAPI, ward: Ward) -> Person:
    return come_in(database, web, Role.PHYSICIAN, practitioner=ward.practitioner_id)


def test_every_page_of_it_opens_and_a_person_ends_it_sec_46(
    database: Database, ward: Ward, alert: UUID, doctor: Person
) -> None:
    who = ward.patients[WHO]
    seen = {"/inbox", f"/patients/{who}", f"/inbox/rows/{alert}", f"/inbox/rows/{alert}/acts"}
    pages = {path: doctor.read(path) for path in sorted(seen)}

    for path, page in pages.items():
        assert BASELESS in page, path
    for path in ("/digest", f"/reports/{ward.team}"):
        assert doctor.read(path), path
    with database.transaction() as session:
        shown = episodes(session, SYSTEM, who)
        (first, *_) = cards(shown, who, (), base="https://ward.example")["cards"]
        version = session.get_one(Alert, alert).version
    assert BASELESS in first["detail"]

    taken = doctor.send(f"/alerts/{alert}/acknowledge", version=str(version))
    ended = doctor.send(
        f"/alerts/{alert}/resolve", version=str(version + 1), conclusion="false-measurement/device"
    )

    assert (taken.status_code, ended.status_code) == (303, 303)
    with database.transaction() as session:
        assert session.get_one(Alert, alert).state == "resolved"
