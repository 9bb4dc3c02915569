"""A page that was refused leaves a row, which says of whom it would have been (SEC-16)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import select

from core.audit import AuditEvent
from core.security import Role
from tests.app.administration.signed_in import come_in

if TYPE_CHECKING:
    from fastapi import FastAPI

    from core.database import Database
    from tests.ward import Ward

HIDDEN = "Yun Hidden"


@pytest.mark.parametrize("path", ["/patients/{}", "/patients/{}/accesses", "/patients/{}/trends"])
def test_a_refused_look_is_written_down_with_whom_it_was_for_sec_16(
    database: Database, web: FastAPI, ward: Ward, path: str
) -> None:
    nurse, patient = come_in(database, web, Role.NURSE), ward.patients[HIDDEN]
    hidden, nobody = (nurse.browser.get(path.format(each)) for each in (patient, uuid4()))

    with database.transaction() as session:
        rows = session.scalars(
            select(AuditEvent)
            .where(AuditEvent.caller_id == nurse.id, AuditEvent.outcome == "refused")
            .order_by(AuditEvent.id)
        ).all()

    assert hidden.status_code == nobody.status_code == 404
    assert [(row.patient_id, row.outcome) for row in rows] == [
        (patient, "refused"),
        (None, "refused"),
    ]
    assert {row.entity for row in rows} == {path.format("{patient_id}")}


def test_a_refused_act_is_written_down_too_sec_16(
    database: Database, web: FastAPI, ward: Ward
) -> None:
    nurse, alert = come_in(database, web, Role.NURSE), ward.alerts[HIDDEN][0]

    answer = nurse.send(f"/alerts/{alert}/acknowledge")

    with database.transaction() as session:
        tries = select(AuditEvent).where(
            AuditEvent.caller_id == nurse.id, AuditEvent.outcome == "refused"
        )
        rows = session.scalars(tries).all()
    assert answer.status_code == 404
    assert [(row.action, row.patient_id) for row in rows] == [("E", ward.patients[HIDDEN])]
