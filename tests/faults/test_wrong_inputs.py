"""What is wrong with a reading, a person or a model, on the running system: nobody is misled."""

from __future__ import annotations

import json
import os
import time
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from alerts.tables import Alert, AlertEvent, Delivery, DeliveryAttempt
from core import outbox
from core.audit import AuditEvent
from core.clock import utc_now
from core.outbox import Priority, Topic
from core.security import SYSTEM
from monitoring.models import service as registry
from monitoring.models.standing import State
from monitoring.tables import AssessmentRow
from tests.artefacts import torn
from tests.faults.crowd import CRITICAL, gather
from tests.faults.judging import at_work, judge, slow_workers
from tests.faults.stand import WORKERS
from tests.invented import READINGS, observation, practitioner
from tests.running_system import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from uuid import UUID

    import httpx

    from tests.faults.crowd import Crowd
    from tests.faults.stand import Stand
    from tests.faults.table import Figures
    from tests.faults.twin import Twin

pytestmark = [pytest.mark.processes, pytest.mark.faults]
CYCLES = 30
RUNG = 2  # messages of one step of the chain of a RED: inbox and e-mail


def test_a_device_clock_that_is_wrong_pages_nobody_ft_20(
    stand: Stand, figures: Figures, unharmed: Twin
) -> None:
    """REL-21."""
    ahead, ancient, zoneless, right = (gather(stand, f"clock-{n}", 1) for n in range(4))
    for crowd, at in (
        (ahead, utc_now() + timedelta(days=2)),
        (ancient, datetime(1970, 1, 1, 8, tzinfo=UTC)),
    ):
        crowd.post(observation(crowd.mrns[0], "spo2", CRITICAL, at))
    reading = observation(zoneless.mrns[0], "spo2", CRITICAL, utc_now())
    reading["effectiveDateTime"] = reading["effectiveDateTime"].split("+")[0]
    refused = zoneless.gateway.send("/fhir/Observation", json.dumps(reading).encode())
    right.all_critical()

    judge(right, figures, unharmed)
    assert refused.status_code in {400, 422}
    assert "effective" in refused.text
    for crowd in (ahead, ancient, zoneless):
        assert [each for each in crowd.alerts() if each.severity == "RED"] == []
    assert messages(stand, [each.id for each in (*ahead.alerts(), *ancient.alerts())]) == 0


def messages(stand: Stand, alerts: list[UUID]) -> int:
    """Return how many messages left for outside the inbox."""
    query = select(func.count()).where(Delivery.alert_id.in_(alerts), Delivery.channel != "inbox")
    with stand.database.transaction() as session:
        return session.scalar(query) or 0


def test_the_same_finding_in_every_cycle_is_one_alert_with_one_chain_rel_29_ft_22(
    stand: Stand, figures: Figures, unharmed: Twin
) -> None:
    noisy, quiet = gather(stand, "noisy", 1), gather(stand, "quiet", 1)
    quiet.all_critical()
    noisy.all_critical()
    for _ in range(CYCLES):
        noisy.critical(noisy.mrns[0])
        with stand.database.transaction() as session:
            (patient,) = noisy.patients(session).values()
            now = stand.database.now()
            outbox.offer(session, Topic.ASSESS, patient, now=now, priority=Priority.CRITICAL)
        time.sleep(0.3)
    figures.runs = CYCLES

    judge(noisy, figures, unharmed)
    figures.worst = None
    (alert,), (other,) = ([a for a in c.alerts() if a.severity == "RED"] for c in (noisy, quiet))
    with stand.database.transaction() as session:
        told, usual = (
            session.scalar(select(func.count()).where(Delivery.alert_id == each.id)) or 0
            for each in (alert, other)
        )
    assert usual > RUNG
    assert abs(told - usual) <= RUNG


def test_a_physician_disabled_in_mid_escalation_is_replaced_by_the_fallback_ft_30(
    stand: Stand, figures: Figures
) -> None:
    """REL-40."""
    doctor = "dr.leaving@clinic.example"
    crowd = gather(stand, "leaving", 1, email=doctor, team="Leaving")
    earlier = len(stand.postbox.letters)
    with stand.without_mail():
        crowd.all_critical()
        alert = until(lambda: red(crowd), within=60, what="the alert opens")
        until(lambda: attempts(stand, alert.id), within=60, what="a try has failed")
        gone = practitioner("Rho", doctor) | {"active": False}
        answer = put(crowd, "Practitioner", gone)
    arrived = until(
        lambda: letters_to(stand, "fallback@", after=earlier), within=60, what="fallback is told"
    )

    assert answer.status_code == 200, answer.text
    assert arrived
    assert letters_to(stand, doctor) == []
    with stand.database.transaction() as session:
        kinds = session.scalars(select(AlertEvent.kind).where(AlertEvent.alert_id == alert.id))
        assert any("rerouted" in kind for kind in kinds)
        audited = select(func.count()).where(
            AuditEvent.entity == "Practitioner", AuditEvent.recorded > alert.opened_at
        )
        assert session.scalar(audited)
    assert crowd.settled() == []
    figures.lost = figures.doubled = 0


def red(crowd: Crowd) -> Alert | None:
    return next((each for each in crowd.alerts() if each.severity == "RED"), None)


def attempts(stand: Stand, alert_id: UUID) -> int:
    query = (
        select(func.count())
        .select_from(DeliveryAttempt)
        .join(Delivery, Delivery.id == DeliveryAttempt.delivery_id)
        .where(Delivery.alert_id == alert_id, DeliveryAttempt.code != "")
    )
    with stand.database.transaction() as session:
        return session.scalar(query) or 0


def letters_to(stand: Stand, address: str, *, after: int = 0) -> list[Any]:
    return [each for each in stand.postbox.letters[after:] if address in str(each["To"])]


def put(crowd: Crowd, kind: str, resource: dict[str, Any]) -> httpx.Response:
    """Update a resource by its identifier."""
    name = resource["identifier"][0]
    return crowd.gateway.http.put(
        f"{crowd.gateway.base_url}/fhir/{kind}",
        params={"identifier": f"{name['system']}|{name['value']}"},
        content=json.dumps(resource),
        headers={
            "Authorization": f"Bearer {crowd.gateway._bearer()}",
            "Content-Type": "application/fhir+json",
        },
    )


def retract(crowd: Crowd, reading: dict[str, Any]) -> None:
    assert reading["identifier"][0]["system"] == READINGS
    answer = put(crowd, "Observation", reading | {"status": "entered-in-error"})
    assert answer.status_code == 200, answer.text


def nothing_stands(crowd: Crowd) -> None:
    def over() -> bool:
        reds = [each for each in crowd.alerts() if each.severity == "RED"]
        return all(each.closed_at for each in reds)

    until(over, within=60, what="no RED stands")


def test_a_reading_entered_in_error_before_its_judgement_pages_nobody_ft_31(
    stand: Stand, figures: Figures
) -> None:
    """REL-23."""
    crowd = gather(stand, "error-before", 1)
    stand.kill(*WORKERS)
    retract(crowd, crowd.critical(crowd.mrns[0]))
    stand.whole()

    until(lambda: all_judged(crowd), within=60, what="it is judged")
    assert red(crowd) is None
    assert messages(stand, [each.id for each in crowd.alerts()]) == 0
    figures.lost = figures.doubled = 0


def all_judged(crowd: Crowd) -> bool:
    found = crowd.broken()
    return not any(each.startswith(("I2: ", "I7")) for each in found)


def test_a_reading_entered_in_error_during_its_judgement_leaves_no_alert_ft_31(
    stand: Stand, figures: Figures
) -> None:
    """REL-23."""
    crowd = gather(stand, "error-during", 1)
    slow_workers(stand)
    reading = crowd.critical(crowd.mrns[0])
    until(lambda: at_work(stand), within=60, what="it is being judged")

    retract(crowd, reading)

    until(lambda: all_judged(crowd), within=60, what="it is judged again")
    nothing_stands(crowd)
    figures.lost = figures.doubled = 0


@pytest.mark.parametrize("told", [False, True], ids=["before anybody is told", "after"])
def test_an_alert_whose_reading_was_entered_in_error_is_withdrawn_ft_31(
    stand: Stand, figures: Figures, *, told: bool
) -> None:
    """REL-23: and whoever was told is told again."""
    doctor = f"dr.error{told:d}@clinic.example"
    crowd = gather(stand, f"error-after-{told:d}", 1, email=doctor, team=f"Error {told:d}")
    with stand.without_mail() if not told else nothing():
        reading = crowd.critical(crowd.mrns[0])
        alert = until(lambda: red(crowd), within=60, what="the alert opens")
        if told:
            until(lambda: letters_to(stand, doctor), within=60, what="the physician is told")
        retract(crowd, reading)
        nothing_stands(crowd)

    after = crowd.alerts()[0]
    assert after.state == "withdrawn"
    with stand.database.transaction() as session:
        reasons = session.scalars(select(AlertEvent.reason).where(AlertEvent.alert_id == alert.id))
        assert list(reasons)
        again = select(func.count()).where(
            Delivery.alert_id == alert.id,
            Delivery.recipient.not_in(["fallback"]),
            Delivery.created_at >= after.closed_at,
        )
        if told:
            assert session.scalar(again)
    figures.lost = figures.doubled = 0


@contextmanager
def nothing() -> Iterator[None]:
    yield


@contextmanager
def damaged(stand: Stand) -> Iterator[None]:
    """Let a model judge whose stored bytes are not what they were."""
    with stand.database.transaction() as session:
        model = torn(session, State.ACTIVE)
    yield
    with stand.database.transaction() as session:
        registry.retire(session, SYSTEM, model, reason="x", now=utc_now())


@pytest.mark.parametrize("fault", ["missing", "corrupt", "hangs", "slow", "stored"])
def test_rules_alert_without_a_model_and_say_that_the_score_is_unavailable_ft_33(
    stand: Stand, figures: Figures, unharmed: Twin, tmp_path: Path, fault: str
) -> None:
    path = tmp_path / "model.json"
    if fault == "corrupt":
        path.write_bytes(b'{"format": 1, \xff')
    elif fault == "hangs":
        os.mkfifo(path)
    stand.kill(*WORKERS)
    for part in WORKERS:
        if fault in {"slow", "stored"}:
            stand.start(part, odd="slow_model" if fault == "slow" else "")
        else:
            stand.start(part, WARDLIGHT_MODEL_PATH=str(path))
    crowd = gather(stand, f"model-{fault}", 1)
    with damaged(stand) if fault == "stored" else nullcontext():
        crowd.all_critical()
        broken = crowd.settled()
    with stand.database.transaction() as session:
        (patient,) = crowd.patients(session).values()
        newest = session.scalars(
            select(AssessmentRow)
            .where(AssessmentRow.patient_id == patient)
            .order_by(AssessmentRow.at.desc())
        ).first()
    stand.kill(*WORKERS)

    assert broken == []
    assert red(crowd)
    assert newest is not None
    if fault != "slow":
        assert newest.risk is None
        assert "unavailable" in json.dumps(newest.notes)
    figures.worst = max(crowd.delays())
    figures.lost = figures.doubled = 0
    assert unharmed
