"""Messages come twice, thrice and in any order, to any number of processes: the same outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from alerts.tables import Alert, Delivery, Step
from tests.faults.crowd import gather
from tests.faults.judging import judge
from tests.faults.stand import WORKERS
from tests.running_system import until

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from tests.faults.crowd import Crowd
    from tests.faults.stand import Stand
    from tests.faults.table import Figures
    from tests.faults.twin import Twin

pytestmark = [pytest.mark.processes, pytest.mark.faults]
PEOPLE = 6
Outcome = list[tuple[object, ...]]


def outcome(crowd: Crowd) -> list[Outcome]:
    """Return each person's alerts with their chains and with whom the first steps told.

    Only what does not hang on the hour: no times, no ids, not how far a chain has come.
    """
    with crowd.stand.database.transaction() as session:
        people = crowd.patients(session)
        return [of_person(session, people[mrn]) for mrn in crowd.mrns]


def of_person(session: Session, patient: UUID) -> Outcome:
    alerts = session.scalars(select(Alert).where(Alert.patient_id == patient)).all()
    facts = [
        (each.problem, each.severity, str(each.paged), chain(session, each)) for each in alerts
    ]
    return sorted(facts)


def chain(session: Session, alert: Alert) -> tuple[str, ...]:
    ours = (Step.alert_id == alert.id, Step.rung.is_not(None))
    steps = session.scalars(select(Step).where(*ours).order_by(Step.fence, Step.rung)).all()
    first = [step.id for step in steps if step.due_at <= alert.opened_at]
    told = session.execute(
        select(Delivery.recipient, Delivery.channel)
        .where(Delivery.step_id.in_(first))
        .order_by(Delivery.recipient, Delivery.channel)
    ).all()
    planned = [f"{step.rung} {step.kind} {step.to_kind} {step.channel}" for step in steps]
    return (*planned, *(f"{row.recipient} {row.channel}" for row in told))


@pytest.mark.parametrize("odd", ["ringing_twice", "ringing_three_times"])
def test_every_message_delivered_again_has_its_effect_once_ft_11(
    stand: Stand, figures: Figures, unharmed: Twin, odd: str
) -> None:
    """REL-10."""
    crowd = gather(stand, odd)
    stand.kill("relay")
    stand.start("relay", odd=odd)

    crowd.all_critical()
    figures.runs = len(crowd.mrns)

    judge(crowd, figures, unharmed)
    stand.kill("relay")


def test_messages_in_any_order_end_in_the_same_ft_12(
    stand: Stand, figures: Figures, unharmed: Twin
) -> None:
    crowd = gather(stand, "shuffled")
    stand.kill("relay")
    stand.start("relay", odd="out_of_order")

    crowd.all_critical()
    figures.runs = len(crowd.mrns)

    judge(crowd, figures, unharmed)
    stand.kill("relay")


def test_any_number_of_workers_relays_and_schedulers_ends_as_one_of_each_ft_26(
    stand: Stand, figures: Figures, unharmed: Twin
) -> None:
    """REL-10, REL-31: 1, 2 and 4 worker processes; then three relays and three schedulers."""
    stand.kill(*WORKERS)
    stand.start("lone-0", kind="lone")
    outcomes = [seen(stand, "one", figures, unharmed)]

    stand.start("lone-1", kind="lone")
    outcomes.append(seen(stand, "two", figures, unharmed))
    for number in (2, 3):
        stand.start(f"lone-{number}", kind="lone")
    outcomes.append(seen(stand, "four", figures, unharmed))
    for number in (2, 3):
        stand.start(f"relay-{number}", kind="relay")
        stand.start(f"timers-{number}", kind="timers")
    outcomes.append(seen(stand, "three", figures, unharmed))

    assert all(each == outcomes[0] for each in outcomes)
    assert all(person for person in outcomes[0])


def seen(stand: Stand, name: str, figures: Figures, unharmed: Twin) -> list[Outcome]:
    workers = [part for part in stand.processes if part.startswith("lone")]
    until(lambda: all(stand.children(part) for part in workers), within=90, what="workers")
    crowd = gather(stand, f"number-{name}", PEOPLE)
    crowd.all_critical()
    runs = figures.runs
    judge(crowd, figures, unharmed)
    figures.runs = runs + 1
    return outcome(crowd)
