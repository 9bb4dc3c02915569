"""Whom a search shows what others did, and by which names it finds what was acknowledged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import update

from ingest.tables import Client
from tests.door import Gateway, heart_rate, named, patient, value_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.database import Database


def found(gateway: Gateway, query: str) -> list[dict[str, Any]]:
    answer = gateway.get(f"/fhir/{query}")
    assert answer.status_code == 200, answer.text
    return [each["resource"] for each in answer.json().get("entry", [])]


def test_a_bound_client_sees_nothing_of_what_others_did_sec_04(
    register: Callable[..., Gateway], gateway: Gateway, database: Database
) -> None:
    bound = register("system/*.crs")
    with database.transaction() as session:
        session.execute(update(Client).where(Client.id == bound.client_id).values(bound=True))
    found(gateway, "Device")
    found(bound, "Device")

    seen = found(bound, "AuditEvent")
    everything = found(gateway, "AuditEvent")

    def agents(events: list[dict[str, Any]]) -> set[str]:
        whose = (each["agent"][0]["who"] for each in events)  # the program itself has no number
        return {each["identifier"]["value"] for each in whose if "identifier" in each}

    assert agents(seen) == {str(bound.client_id)}
    assert all("identifier" in each["agent"][0]["who"] for each in seen)
    assert agents(everything) >= {str(bound.client_id), str(gateway.client_id)}


def test_a_repeat_is_found_by_each_name_under_which_it_was_acknowledged_rel_07(
    gateway: Gateway,
) -> None:
    reading = heart_rate(f"Patient/{gateway.create(patient())}")
    first, again = named(reading), named(reading, f"again-{uuid4()}")
    kept = gateway.create(first)

    repeated = gateway.post(again)

    assert repeated.status_code == 200
    for each in (first, again):
        (one,) = found(gateway, f"Observation?identifier=urn:device|{value_of(each)}")
        assert one["id"] == kept
    assert found(gateway, "Observation?identifier=urn:device|never-sent") == []
