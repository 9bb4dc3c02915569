"""A RED opens at once; a normal repeat lowers it by itself for 15 minutes, and visibly (AL-20)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from alerts import service
from alerts.reasons import Reason
from alerts.tables import AlertEvent
from monitoring.asking.repository import asked
from tests.alerts.episodes.test_through_the_door import Home, home, identified

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from alerts.policy import Policy
    from tests.alerts.conftest import Ward

__all__ = ["home"]  # the fixture


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def opened(place: Home, now: datetime) -> None:
    place.post(172, now, now=now, **identified("1"))
    alert = place.alert()
    assert (alert.severity, alert.state, alert.paged) == ("RED", "open", "RED")


def test_a_normal_repeat_before_anyone_acted_lowers_the_red_and_everybody_told_is_told(
    home: Home, now: datetime, session: Session
) -> None:
    opened(home, now)
    told = home.messages()

    home.post(72, now + minutes(4), now=now + minutes(4), **identified("2"))

    alert = home.alert()
    assert (alert.severity, alert.state) == ("AMBER", "open")  # a person concludes it
    assert home.reasons("lowered") == [Reason.STEPPED_DOWN]
    assert home.messages() > told
    query = select(AlertEvent).where(AlertEvent.alert_id == alert.id, AlertEvent.kind == "lowered")
    [event] = session.scalars(query)
    assert (event.before["severity"], event.after["severity"]) == ("RED", "AMBER")


@pytest.mark.parametrize(("taken", "arrived"), [(16, 16), (4, 16)])
def test_a_repeat_that_comes_later_leaves_it_to_a_person(
    home: Home, now: datetime, taken: int, arrived: int
) -> None:
    opened(home, now)

    home.post(72, now + minutes(taken), now=now + minutes(arrived), **identified("2"))

    assert home.alert().severity == "RED"
    assert home.reasons("lowered") == []


def test_a_repeat_that_confirms_lowers_nothing(home: Home, now: datetime) -> None:
    opened(home, now)

    home.post(168, now + minutes(4), now=now + minutes(4), **identified("2"))
    home.post(72, now + minutes(8), now=now + minutes(8), **identified("3"))

    assert home.alert().severity == "RED"


def test_once_somebody_acted_a_repeat_lowers_nothing(home: Home, now: datetime, ward: Ward) -> None:
    opened(home, now)
    service.acknowledge(home.session, ward.doctor, home.alert().id, now=now + minutes(2))

    home.post(72, now + minutes(4), now=now + minutes(4), **identified("2"))

    assert home.alert().severity == "RED"


def test_a_repeat_that_is_taken_back_makes_it_red_again_at_once(home: Home, now: datetime) -> None:
    opened(home, now)
    home.post(72, now + minutes(4), now=now + minutes(4), **identified("2"))
    assert home.alert().severity == "AMBER"
    told = home.messages()

    wrong = identified("2") | {"status": "entered-in-error"}
    home.post(72, now + minutes(4), now=now + minutes(6), **wrong)

    alert = home.alert()
    assert (alert.severity, alert.paged) == ("RED", "RED")
    assert home.messages() > told


def test_another_red_after_the_step_down_opens_at_once(home: Home, now: datetime) -> None:
    opened(home, now)
    home.post(72, now + minutes(4), now=now + minutes(4), **identified("2"))

    home.post(175, now + minutes(9), now=now + minutes(9), **identified("3"))

    assert (home.alert().severity, home.alert().paged) == ("RED", "RED")


def test_a_preliminary_repeat_lowers_nothing(home: Home, now: datetime) -> None:
    """FHIR-20."""
    opened(home, now)

    early = identified("2") | {"status": "preliminary"}
    home.post(72, now + minutes(4), now=now + minutes(4), **early)

    assert home.alert().severity == "RED"


def test_an_alert_of_before_there_was_a_step_down_does_not_step_down(
    home: Home, now: datetime, policy: Policy
) -> None:
    opened(home, now)
    alert = home.alert()
    alert.policy = {k: v for k, v in alert.policy.items() if k != "steps_down"}
    home.session.flush()

    home.post(72, now + minutes(4), now=now + minutes(4), **identified("2"))

    assert home.alert().severity == "RED"
    assert policy.steps_down == minutes(15)


def test_what_is_asked_is_stored_once_and_says_until_when(home: Home, now: datetime) -> None:
    """AL-20: a RED is open at once, and the person is asked in parallel."""
    opened(home, now)

    [red] = asked(home.session, home.patient, since=now)
    home.post(115, now + minutes(60), now=now + minutes(60), **identified("2"))
    [amber, again] = asked(home.session, home.patient, since=now)

    assert (red.critical, red.until, red) == (True, now + minutes(15), again)
    assert (amber.critical, amber.until) == (False, now + minutes(90))
