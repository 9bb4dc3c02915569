"""What waits while a gateway answers: whoever takes a RED back, and no clinician (REL-16)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from alerts import service as alerting
from alerts.arriving.service import note_receipt
from alerts.outcomes import resolution
from alerts.patients import service as telling
from alerts.patients.wording import Kind, Review
from alerts.receipts.service import Arrival, Receipt
from alerts.reviewing.service import after_review
from core.vitals import Vital
from monitoring.findings import Assessment, Evidence
from tests.alerts.conftest import NOW
from tests.told import messages_of, raised, reachable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.policy import Policy
    from core.database import Database
    from tests.alerts.conftest import FindingMaker, Ward
    from tests.told import Phone

CALLED = resolution("true-actionable", "call", "")
LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def red(
    database: Database, committed: Ward, finding: FindingMaker, policy: Policy
) -> Iterator[UUID]:
    """A RED that everybody sees, of a reading that is there no longer."""
    gone = (Evidence(str(uuid4()), Vital.BODY_WEIGHT, 84.2, NOW),)
    with database.transaction() as session:
        reachable(session, committed.patient, now=NOW)
        (alert,) = raised(session, committed.patient, finding(evidence=gone), policy, now=NOW)
    yield alert
    with database.transaction() as session:  # nobody else's test asks this person
        reachable(session, committed.patient, now=NOW, resource={"telecom": []})


def impatient(session: Session) -> Session:
    """Let a session fail, where it would wait for somebody."""
    session.execute(text("set local lock_timeout = '300ms'"))
    return session


def test_a_clinician_acknowledges_a_red_while_its_patients_text_is_on_its_way_rel_16(
    database: Database, committed: Ward, red: UUID, telephone: Phone
) -> None:
    with database.transaction() as posting, database.transaction() as acting:
        (message,) = messages_of(posting, committed.patient)
        telephone.post(posting, message, now=NOW)
        alerting.acknowledge(impatient(acting), committed.doctor, red, now=NOW)

    with database.transaction() as session:
        (view,) = alerting.episodes(session, committed.doctor, committed.patient)
    assert (view.state, len(telephone.texts)) == ("acknowledged", 1)


def test_who_takes_a_red_back_waits_for_what_became_of_its_text_rel_23(
    database: Database, committed: Ward, red: UUID, telephone: Phone, policy: Policy
) -> None:
    with database.transaction() as posting:
        (message,) = messages_of(posting, committed.patient)
        telephone.post(posting, message, now=NOW)
        with database.transaction() as judging:
            nothing = Assessment(str(committed.patient), LATER, (), None, "h", "")
            ended = alerting.raise_judged(judging, uuid4(), nothing, now=LATER, policy=policy)
        with (
            pytest.raises(OperationalError, match="lock timeout"),
            database.transaction() as early,
        ):
            telling.inform(impatient(early), committed.patient, now=LATER)
    with database.transaction() as session:
        telling.inform(session, committed.patient, now=LATER)
        kinds = [each.kind for each in messages_of(session, committed.patient)]

    assert ended == [red]
    assert kinds == [Kind.INSTRUCTION, Kind.WITHDRAWN]


def test_a_stop_that_a_provider_tells_of_keeps_no_clinician_from_telling_the_patient(
    database: Database, committed: Ward, red: UUID, telephone: Phone
) -> None:
    """Whoever resolves with "Tell the patient" holds the alert, and writes to that number."""
    with database.transaction() as session:
        (message,) = messages_of(session, committed.patient)
        telephone.post(session, message, now=NOW)
        note_receipt(session, Receipt(message.id, "sms", Arrival.DELIVERED), NOW)
    with database.transaction() as telling_us, database.transaction() as acting:
        stop = Receipt(message.id, "sms", Arrival.FAILED, "opted-out")
        note_receipt(telling_us, stop, LATER)
        telling_us.flush()
        alerting.resolve(impatient(acting), committed.doctor, red, CALLED, now=LATER)
        after_review(acting, committed.doctor, red, Review("spoken", "usual"), now=LATER)

    with database.transaction() as session:
        kinds = [each.kind for each in messages_of(session, committed.patient)]
    assert kinds == [Kind.INSTRUCTION, Kind.REVIEW]
