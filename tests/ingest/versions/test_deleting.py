"""DELETE through the door: what may go, what is left of it, and how all else is taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from core.audit import AuditEvent
from ingest.receipt import RETRACTABLE
from ingest.tables import Condition
from tests.door import condition, device, patient, value_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.database import Database


def test_what_was_deleted_is_410_and_its_past_can_be_read_fhir_06(
    gateway: Any, database: Database
) -> None:
    who = gateway.create(patient())
    id_ = gateway.create(condition(f"Patient/{who}"))

    gone = gateway.delete(f"Condition/{id_}")

    assert (gone.status_code, gone.headers["ETag"], gone.content) == (204, 'W/"2"', b"")
    read = gateway.get(f"/fhir/Condition/{id_}")
    assert (read.status_code, read.json()["issue"][0]["code"]) == (410, "deleted")
    assert gateway.get(f"/fhir/Condition/{id_}/_history/2").status_code == 410
    assert gateway.get(f"/fhir/Condition/{id_}/_history/1").status_code == 200
    assert gateway.delete(f"Condition/{id_}").status_code == 204
    with database.transaction() as session:
        rows = select(func.count()).select_from(Condition).where(Condition.id == UUID(id_))
        assert session.scalar(rows) == 0
        done = select(AuditEvent.action).where(AuditEvent.entity_id == UUID(id_))
        assert "D" in session.scalars(done).all()


def test_what_was_deleted_comes_back_by_put_and_by_post(gateway: Any) -> None:
    cuff = device()
    id_ = gateway.create(cuff)

    gateway.delete(f"Device/{id_}")
    put = gateway.put(f"Device/{id_}", cuff | {"id": id_})
    gateway.delete(f"Device/{id_}")
    post = gateway.post(cuff, If_None_Exist=f"identifier=urn:maker|{value_of(cuff)}")

    assert (put.status_code, post.status_code) == (201, 201)
    assert post.headers["Location"].endswith(f"/Device/{id_}/_history/5")


@pytest.mark.parametrize("kind", ["Observation", "Patient", "Practitioner", "CareTeam"])
def test_a_device_cannot_delete_what_is_evidence_fhir_06(gateway: Any, kind: str) -> None:
    answer = gateway.delete(f"{kind}/{uuid4()}")

    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "PUT"}
    advised = "entered-in-error" in answer.json()["issue"][0]["diagnostics"]
    assert advised is (kind in RETRACTABLE)


def test_a_delete_is_refused_without_scope_to_strangers_and_when_stale_sec_03(
    gateway: Any, register: Callable[..., Any]
) -> None:
    id_ = gateway.create(device())

    assert register("system/Device.cru").delete(f"Device/{id_}").status_code == 403
    assert register().delete(f"Device/{id_}").status_code == 403
    assert gateway.delete(f"Device/{id_}", If_Match='W/"9"').status_code == 412
    assert gateway.delete(f"Device/{uuid4()}").status_code == 404
    assert gateway.get(f"/fhir/Device/{id_}").status_code == 200
