"""What comes through the door counts as it should: sent by a hub, typed, or withdrawn."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import ingest.service
from app.programme import service
from core.security import SYSTEM, Caller
from core.vitals import Vital
from fhir import self_reported
from ingest.contacts.service import page_sender
from ingest.receipt import Posted, Sender
from ingest.service import register_client
from reports.programme import Left
from tests.app.programme.world import NOW, World
from tests.app.rights.whole import PUBLIC

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

BASE = "http://127.0.0.1:8000/fhir"


def weight(patient: UUID, at: datetime, **more: Any) -> dict[str, Any]:
    sheet = self_reported.Sheet(str(patient), at, f"w{at:%d%H}")
    typed = self_reported.Typed(Vital.BODY_WEIGHT, "71.5", "kg")
    return self_reported.observation(sheet, typed) | more


def take(session: Session, sender: Sender, *resources: dict[str, Any]) -> None:
    posted = [
        Posted(index, "Observation", json.dumps(each).encode())
        for index, each in enumerate(resources)
    ]
    answers = ingest.service.accept_each(session, sender, posted, now=NOW)
    session.flush()
    assert not any(each.refused for each in answers), answers


def test_a_typed_value_counts_for_no_day_and_a_withdrawn_one_for_none_any_more(
    session: Session,
) -> None:
    world = World(session)
    who = world.admit()
    client = register_client(
        session,
        f"hub-{uuid4()}",
        frozenset({"system/Observation.cruds"}),
        {"keys": [PUBLIC]},
        now=NOW,
    )
    hub = Sender(Caller("client", client, scopes=frozenset({"system/*.cruds"})), client, BASE)
    first, second, third = (NOW - timedelta(days=ago) for ago in (9, 8, 7))
    take(session, hub, weight(who, first), weight(who, second))
    take(session, page_sender(session, base=BASE, now=NOW), weight(who, third))
    service.turn(session, SYSTEM, world.team, on=True, now=NOW)

    before = service.evidence(session, SYSTEM, world.team, who, on=None, now=NOW)
    take(session, hub, weight(who, second, status="entered-in-error"))
    after = service.evidence(session, SYSTEM, world.team, who, on=None, now=NOW)

    assert before.clocks.days == (date(2026, 11, 19), date(2026, 11, 20))
    assert before.left_out == {Left.BY_HAND: 1}
    assert after.clocks.days == (date(2026, 11, 19),)
    assert after.left_out == {Left.BY_HAND: 1, Left.TAKEN_BACK: 1}
