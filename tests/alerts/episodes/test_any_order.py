"""From the door to the episode in any order of arrival: what is open, and how grave, is the same.

Each version goes through `ingest.service.accept`, is judged and raised, as the worker does.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from itertools import permutations
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from alerts.lifecycle import LIVE
from alerts.tables import Alert, AlertEvent, AlertFinding
from core.security import Caller
from ingest.receipt import Posted, Sender
from ingest.service import accept
from ingest.tables import Client
from tests.alerts.conftest import NOW, build_ward
from tests.alerts.episodes.test_through_the_door import Home
from tests.door import condition, heart_rate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from alerts.policy import Policy

VALUES = (72, 95, 115, 128, 140)
SILENCE = "silence"  # depends on when one looks, not on what came


@dataclass(frozen=True)
class Told:
    """One version of one heart rate; without a value it was entered in error."""

    number: int
    version: int
    value: float | None
    minutes: int

    def fields(self) -> dict[str, Any]:
        status = (
            "entered-in-error" if self.value is None else "amended" if self.version else "final"
        )
        updated = NOW + timedelta(minutes=self.version)
        return {
            "status": status,
            "identifier": [{"system": "urn:gateway", "value": str(self.number)}],
            "meta": {"lastUpdated": updated.isoformat()},
        }


@st.composite
def stories(draw: st.DrawFn) -> list[Told]:
    """Heart rates of different instants; two of one instant are a conflict (REL-08)."""
    told = []
    instants = st.lists(st.sampled_from([0, 4, 25, 90, 700]), min_size=1, max_size=3, unique=True)
    for number, minutes in enumerate(draw(instants)):
        values = draw(st.lists(st.sampled_from(VALUES), min_size=1, max_size=2))
        said = [*values, *([None] if draw(st.booleans()) else [])]
        told += [Told(number, version, value, minutes) for version, value in enumerate(said)]
    return told


def home(session: Session, policy: Policy) -> Home:
    client = Client(id=uuid4(), name=f"gateway-{uuid4()}", jwks={}, scopes=[], created_at=NOW)
    session.add(client)
    session.flush()
    caller = Caller("client", client.id, scopes=frozenset({"system/*.cruds"}))
    ward = build_ward(session)
    return Home(
        session, ward.patient, policy, Sender(caller, client.id, "http://ward.example/fhir")
    )


def end(session: Session, policy: Policy, told: list[Told]) -> dict[str, str]:
    """Post each version, a minute apart, all long after they were measured."""
    place = home(session, policy)
    for i, each in enumerate(told):
        taken = NOW - timedelta(minutes=each.minutes + 120)
        arrived = NOW + timedelta(minutes=i)
        place.post(each.value or 72, taken, now=arrived, **each.fields())
    return live(session, place.patient)


def live(session: Session, patient: UUID) -> dict[str, str]:
    query = select(Alert.problem, Alert.severity).where(
        Alert.patient_id == patient, Alert.state.in_(LIVE), Alert.problem != SILENCE
    )
    return {row.problem: row.severity for row in session.execute(query)}


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(told=stories(), data=st.data())
def test_any_order_of_arrival_leaves_the_same_alerts_open_rel_19(
    session: Session, policy: Policy, told: list[Told], data: st.DataObject
) -> None:
    arrived = data.draw(st.permutations(told))

    assert end(session, policy, arrived) == end(session, policy, told)


OWN, GAIN, OTHERS, POUNDS = 80.3, 82.8, 95.0, 176.4
LOINC, UCUM = "http://loinc.org", "http://unitsofmeasure.org"
WEIGHTS = [
    (  # another person's, the person's own, and the first taken back
        Told(1, 0, OTHERS, 700),
        Told(1, 1, None, 700),
        Told(2, 0, OWN, 25),
    ),
    (Told(1, 0, OTHERS, 60), Told(2, 0, OWN, 25)),  # its return in time
    (Told(1, 0, OTHERS, 90), Told(2, 0, OWN, 25)),  # and after the hour
    (Told(1, 0, POUNDS, 60), Told(2, 0, OWN, 25), Told(2, 1, None, 25)),  # a return taken back
    (Told(1, 0, OTHERS, 90), Told(1, 1, GAIN, 90), Told(2, 0, OWN, 25)),  # corrected to a gain
    (Told(1, 0, GAIN, 90), Told(2, 0, OTHERS, 25), Told(2, 1, GAIN, 25)),
    (Told(1, 0, OTHERS, 700), Told(2, 0, OTHERS, 90), Told(3, 0, OWN, 0)),
]


def weigh(place: Home, value: float, taken: datetime, *, now: datetime, **more: Any) -> None:
    """Post a weight that the worker has not judged yet."""
    quantity = {"value": value, "unit": "kg", "system": UCUM, "code": "kg"}
    resource = heart_rate(f"Patient/{place.patient}", effectiveDateTime=taken.isoformat()) | {
        "code": {"coding": [{"system": LOINC, "code": "29463-7"}]},
        "valueQuantity": quantity,
        **more,
    }
    put(place, resource, now=now)


def put(place: Home, resource: dict[str, Any], *, now: datetime) -> None:
    posted = Posted(0, resource["resourceType"], json.dumps(resource).encode())
    assert accept(place.session, place.sender, posted, now=now).status in (200, 201)


def heart_patient(session: Session, policy: Policy) -> Home:
    """Return somebody with heart failure and sixteen days of 80 kg."""
    place = home(session, policy)
    put(place, condition(f"Patient/{place.patient}"), now=NOW - timedelta(days=17))
    for day in range(1, 17):
        taken = NOW - timedelta(days=day)
        weigh(place, 80.0, taken, now=taken)
    place.work(NOW - timedelta(minutes=1))
    return place


def end_of_weights(place: Home, told: Sequence[Told]) -> dict[str, str]:
    """Post each version, a minute apart, all more than an hour after they were measured.

    What was posted is taken back: the next order meets the same person as they were.
    """
    with place.session.begin_nested() as posted:
        for i, each in enumerate(told):
            taken = NOW - timedelta(minutes=each.minutes + 120)
            arrived = NOW + timedelta(minutes=i)
            weigh(place, each.value or 80.0, taken, now=arrived, **each.fields())
            place.work(arrived)
        ended = live(place.session, place.patient)
        posted.rollback()
    place.session.expire_all()
    return ended


@pytest.mark.parametrize("told", WEIGHTS)
def test_anothers_weight_and_its_return_leave_the_same_alerts_in_any_order_rel_19_rel_23(
    session: Session, policy: Policy, told: tuple[Told, ...]
) -> None:
    place = heart_patient(session, policy)
    ends = [end_of_weights(place, order) for order in permutations(told)]

    assert ends == [ends[0]] * len(ends)


def test_anothers_weight_alerts_no_physician_once_the_person_is_back_al_20(
    session: Session, policy: Policy
) -> None:
    others, own, gone = Told(1, 0, OTHERS, 60), Told(2, 0, OWN, 25), Told(2, 1, None, 25)
    place = heart_patient(session, policy)

    assert end_of_weights(place, [others])["fluid"] == "AMBER"
    assert "fluid" not in end_of_weights(place, [others, own])
    assert end_of_weights(place, [others, own, gone])["fluid"] == "AMBER"


RED, AMBER, WRONG = Told(1, 0, 140, 25), Told(2, 0, 115, 0), Told(1, 1, None, 25)


def test_an_alert_falls_to_what_stands_when_its_gravest_reading_was_an_error_rel_23(
    session: Session, policy: Policy
) -> None:
    place = home(session, policy)
    for i, each in enumerate((RED, AMBER, WRONG)):
        taken = NOW - timedelta(minutes=each.minutes + 120)
        place.post(each.value or 72, taken, now=NOW + timedelta(minutes=i), **each.fields())

    alert = place.alert()
    assert (alert.severity, alert.state, alert.paged) == ("AMBER", "open", "AMBER")
    assert place.reasons("lowered") == ["gravest-cause-withdrawn"]
    assert place.reasons("notified")[-1] == "those-told-are-told-again"
    query = select(AlertFinding.severity).where(
        AlertFinding.alert_id == alert.id, AlertFinding.fallen_at.is_not(None)
    )
    assert set(session.scalars(query)) >= {"RED"}

    again, later = Told(3, 0, 150, 20), NOW + timedelta(minutes=9)
    place.post(150, NOW - timedelta(minutes=140), now=later, **again.fields())

    assert place.alert().severity == "RED"


def test_a_correction_takes_its_own_part_of_what_an_older_reading_still_holds_rel_19_rel_23(
    session: Session, policy: Policy
) -> None:
    """The correction is judged with what follows it: the older 115 is not looked at again."""
    older, first, before = Told(1, 0, 115, 700), Told(0, 0, 140, 0), Told(2, 0, 72, 4)
    corrected = Told(0, 1, 72, 0)

    assert end(session, policy, [older, first]) == {"rhythm": "RED"}
    assert end(session, policy, [older, first, before, corrected]) == {"rhythm": "AMBER"}
    assert end(session, policy, [first, corrected, older, before]) == {"rhythm": "AMBER"}


def test_a_repeat_that_came_late_ends_what_only_waited_for_it_rel_19(
    session: Session, policy: Policy
) -> None:
    """Nobody seemed to repeat 115; the normal repeat of four minutes later had only not arrived."""
    first, repeat = Told(1, 0, 115, 25), Told(2, 0, 72, 21)

    assert end(session, policy, [first]) == {"rhythm": "AMBER"}
    assert end(session, policy, [repeat, first]) == {}
    assert end(session, policy, [first, repeat]) == {}


@pytest.mark.parametrize("value", [115, 140])
def test_a_retracted_repeat_lets_what_it_had_held_back_through_rel_23(
    session: Session, policy: Policy, value: int
) -> None:
    first, repeat = Told(1, 0, value, 25), Told(2, 0, 72, 21)
    gone = Told(2, 1, None, 21)

    assert end(session, policy, [repeat, first, gone]) == end(session, policy, [first])


def test_nothing_falls_without_a_line_on_the_timeline_al_06(
    session: Session, policy: Policy
) -> None:
    place = home(session, policy)
    for i, each in enumerate((RED, WRONG)):
        taken = NOW - timedelta(minutes=each.minutes + 120)
        place.post(each.value or 72, taken, now=NOW + timedelta(minutes=i), **each.fields())

    query = select(AlertEvent.kind).where(AlertEvent.alert_id == place.alert().id)
    assert list(session.scalars(query.order_by(AlertEvent.id)))[-2:] == ["withdrawn", "notified"]
