"""From the door to the episode: what each status and each comparator may open, lower and end."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

import ingest.service
from alerts.tables import Alert
from ingest.receipt import Method, Posted
from tests.alerts.episodes.test_through_the_door import Home, home, identified
from tests.door import heart_rate

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["home"]  # the fixture
BEFORE = timedelta(minutes=10)
TABLE = {  # fhir.md section 3: does 172 /min open a RED, and what does it do to one
    "final": (True, "open"),
    "amended": (True, "open"),
    "corrected": (True, "open"),
    "preliminary": (True, "open"),
    "registered": (False, "open"),
    "unknown": (False, "withdrawn"),
    "cancelled": (False, "withdrawn"),
    "entered-in-error": (False, "withdrawn"),
}
# What the same status with 72 /min makes of a final 172 /min: what comes before a final value
# changes nothing, and another final one is a conflict.
NORMAL = dict.fromkeys(TABLE, "withdrawn") | dict.fromkeys(
    ("final", "preliminary", "registered"), "open"
)


def alerts(home: Home) -> int:
    query = select(func.count()).where(Alert.patient_id == home.patient)
    return home.session.scalar(query) or 0


def put(home: Home, id_: UUID, value: float, taken: datetime, *, now: datetime, **more: Any) -> int:
    resource = heart_rate(
        f"Patient/{home.patient}",
        value,
        id=str(id_),
        effectiveDateTime=taken.isoformat(),
        **more,
    )
    raw = json.dumps(resource).encode()
    posted = Posted(0, "Observation", raw, method=Method.PUT, id=str(id_))
    answer = ingest.service.accept(home.session, home.sender, posted, now=now)
    home.work(now)
    return answer.status


@pytest.mark.parametrize("status", TABLE)
def test_each_status_opens_what_it_may_fhir_20(home: Home, now: datetime, status: str) -> None:
    assert home.post(172, now, now=now, status=status) == 201

    assert alerts(home) == int(TABLE[status][0])


@pytest.mark.parametrize("status", TABLE)
def test_each_status_as_a_later_version_of_the_same_value_fhir_20(
    home: Home, now: datetime, status: str
) -> None:
    home.post(172, now, now=now, **identified("1"))

    home.post(172, now, now=now + BEFORE, **identified("1") | {"status": status})

    assert home.alert().state == TABLE[status][1]


@pytest.mark.parametrize("status", NORMAL)
def test_each_status_as_a_later_version_with_a_normal_value_fhir_20(
    home: Home, now: datetime, status: str
) -> None:
    home.post(172, now, now=now, **identified("1"))

    home.post(72, now, now=now + BEFORE, **identified("1") | {"status": status})

    assert (home.alert().severity, home.alert().state) == ("RED", NORMAL[status])


@pytest.mark.parametrize(
    ("status", "state"), [("preliminary", "open"), ("final", "withdrawn"), ("amended", "withdrawn")]
)
def test_a_preliminary_value_put_over_another_ends_no_alert_fhir_20(
    home: Home, now: datetime, status: str, state: str
) -> None:
    reading = uuid4()
    assert put(home, reading, 172, now, now=now, status="preliminary") == 201
    assert home.alert().state == "open"

    assert put(home, reading, 72, now, now=now + BEFORE, status=status) == 200

    assert home.alert().state == state


def test_what_a_preliminary_value_left_standing_the_final_one_ends_fhir_20(
    home: Home, now: datetime
) -> None:
    reading = uuid4()
    for minutes, value, status in ((0, 172, "preliminary"), (5, 72, "preliminary")):
        put(home, reading, value, now, now=now + timedelta(minutes=minutes), status=status)

    put(home, reading, 74, now, now=now + BEFORE, status="final")

    assert home.alert().state == "withdrawn"


@pytest.mark.parametrize(("status", "pages"), [("final", False), ("preliminary", True)])
def test_a_preliminary_value_back_in_range_keeps_nobody_from_being_paged_fhir_20_rel_20(
    home: Home, now: datetime, status: str, *, pages: bool
) -> None:
    home.post(72, now - BEFORE, now=now - BEFORE, status=status)

    home.post(172, now - timedelta(hours=3), now=now)

    assert home.alert().severity == "RED"
    assert (home.alert().paged is not None) is pages


# Of the rules of heart rate, RED at 131 or more and at 30 or less.
BOUNDS = [
    (">=", 131, "RED"),
    (">", 131, "RED"),
    (">", 180, "RED"),
    (">", 130, ""),
    (">=", 100, ""),
    ("<", 180, ""),
    ("<=", 131, ""),
    ("<=", 30, "RED"),
    ("<", 30, "RED"),
    ("<=", 31, ""),
    ("<", 120, ""),
    (">", 25, ""),
]


@pytest.mark.parametrize(("comparator", "number", "severity"), BOUNDS)
def test_a_bound_through_the_door_opens_only_what_it_proves_fhir_18(
    home: Home, now: datetime, comparator: str, number: int, severity: str
) -> None:
    quantity = heart_rate("")["valueQuantity"] | {"comparator": comparator, "value": number}

    assert home.post(number, now, now=now, valueQuantity=quantity) == 201

    found = home.session.scalars(select(Alert.severity).where(Alert.patient_id == home.patient))
    assert list(found) == ([severity] if severity else [])
