"""What somebody lets be done is asked when a message leaves, not when it was written (SEC-47)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from sqlalchemy import select

from alerts.dailies.service import ask
from alerts.patients.wording import State, Why
from core.vitals import Vital
from ingest.choices import Purpose
from ingest.choosing.service import Asked, choose
from monitoring.asking.tables import RepeatRequest
from tests.alerts.conftest import NOW
from tests.told import asked_again, messages_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from tests.alerts.conftest import Ward
    from tests.told import Phone

LATER = NOW + timedelta(minutes=1)


def says_no(session: Session, ward: Ward, purpose: Purpose) -> None:
    asked = Asked(purpose, allowed=False, comment="By telephone.")
    choose(session, ward.doctor, ward.patient, asked, now=NOW)


@pytest.mark.parametrize(
    ("purpose", "why"), [(Purpose.MONITORING, Why.UNMONITORED), (Purpose.USE, Why.RESTRICTED)]
)
@pytest.mark.parametrize("kind", ["repeat", "daily"])
def test_who_took_it_back_while_a_message_waited_is_asked_nothing_sec_47_sec_45(
    session: Session, ward: Ward, telephone: Phone, purpose: Purpose, why: Why, kind: str
) -> None:
    if kind == "repeat":
        asked_again(session, ward.patient, Vital.SPO2, now=NOW)
    else:
        assert ask(session, ward.patient, f"{NOW:%H:%M}", now=NOW)
    says_no(session, ward, purpose)
    message = messages_of(session, ward.patient)[0]
    telephone.post(session, message, now=LATER)

    assert telephone.texts == []
    assert (message.state, message.reason) == (State.CANCELLED, why)


@pytest.mark.parametrize(
    ("purpose", "sent"), [(Purpose.MONITORING, 0), (Purpose.USE, 1), (Purpose.SCORING, 1)]
)
def test_what_a_red_waits_for_is_asked_of_who_restricts_the_use_and_of_nobody_unmonitored_sec_45(
    session: Session, ward: Ward, telephone: Phone, purpose: Purpose, sent: int
) -> None:
    asked_again(session, ward.patient, Vital.SPO2, now=NOW)
    message = messages_of(session, ward.patient)[0]
    wanted = RepeatRequest.id.in_(map(UUID, message.asks))
    session.scalars(select(RepeatRequest).where(wanted)).one().critical = True
    says_no(session, ward, purpose)
    telephone.post(session, message, now=LATER)

    assert len(telephone.texts) == sent


def test_nothing_is_written_to_who_is_not_monitored_any_more_sec_47(
    session: Session, ward: Ward
) -> None:
    says_no(session, ward, Purpose.MONITORING)
    asked_again(session, ward.patient, Vital.SPO2, now=LATER)

    assert [(m.state, m.reason) for m in messages_of(session, ward.patient)] == [
        (State.WITHHELD, Why.UNMONITORED)
    ]
