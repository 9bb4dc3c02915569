"""People on the stand: enrolled, measured, and what became of their critical readings."""

from __future__ import annotations

import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
from sqlalchemy import func, select

from alerts.tables import Alert
from core.clock import utc_now
from core.errors import InvalidError
from ingest.numbers.repository import called
from ingest.tables import StoredReading
from lab.gateway import Gateway, Tally
from tests.faults.invariants import breaches
from tests.invented import enrolment, observation, ordinary
from tests.running_system import until

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from sqlalchemy.orm import Session

    from tests.faults.stand import Stand

CRITICAL = 84  # per cent of saturation: RED by itself
ACCEPTED_WITHIN = 120.0
SETTLED_WITHIN = 120.0


@dataclass(slots=True)
class Crowd:
    """Some people, who speaks for them, and everything that was accepted for them."""

    stand: Stand
    gateway: Gateway
    mrns: tuple[str, ...]
    posted: list[dict[str, Any]] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)

    def post(self, resource: dict[str, Any]) -> None:
        """Post until it is accepted, as a device does; a transport error is no answer."""
        accepted = self.tally.accepted
        deadline = time.monotonic() + ACCEPTED_WITHIN
        while time.monotonic() < deadline:
            with suppress(httpx.HTTPError, InvalidError):
                self.gateway.post(resource, self.tally)
            if self.tally.accepted > accepted:
                self.posted.append(resource)
                return
            time.sleep(0.25)
        raise AssertionError(f"never accepted: {self.tally.reasons[-3:]}")

    def critical(self, mrn: str, value: float = CRITICAL) -> dict[str, Any]:
        reading = observation(mrn, "spo2", value, utc_now())
        self.post(reading)
        return reading

    def all_critical(
        self, *, during: Callable[[], object] | None = None, every: float = 0.3, least: int = 1
    ) -> int:
        """Post one critical reading a person, a fault happening again and again meanwhile.

        Return how many times it happened, which is `least` at least.
        """
        over, times, harm = threading.Event(), [0], during

        def break_things() -> None:
            while harm is not None and not over.wait(every):
                harm()
                times[0] += 1

        thread = threading.Thread(target=break_things)
        thread.start()
        try:
            for mrn in self.mrns:
                self.critical(mrn)
            if harm is not None:
                until(lambda: times[0] >= least, within=90, what=f"it happened {least} times")
        finally:
            over.set()
            thread.join()
        return times[0]

    def settled(self, *, within: float = SETTLED_WITHIN) -> list[str]:
        """Return what is still broken when nothing is any more, or the time is up."""
        found: list[str] = []

        def whole() -> bool:
            found[:] = self.broken()
            return not found

        with suppress(AssertionError):
            until(whole, within=within, what="everything is settled")
        return found

    def broken(self) -> list[str]:
        return breaches(
            self.stand.database, mrns=set(self.mrns), letters=self.stand.postbox.letters
        )

    def patients(self, session: Session) -> dict[str, UUID]:
        return {mrn: next(iter(called(session, None, mrn))) for mrn in self.mrns}

    def alerts(self) -> list[Alert]:
        with self.stand.database.transaction() as session:
            query = select(Alert).where(Alert.patient_id.in_(self.patients(session).values()))
            return list(session.scalars(query.order_by(Alert.opened_at)))

    def delays(self) -> list[float]:
        """Return for each person how long after acceptance a RED opened, by one clock; seconds."""
        red = (
            select(Alert.patient_id, func.min(Alert.opened_at).label("opened"))
            .where(Alert.severity == "RED")
            .group_by(Alert.patient_id)
            .subquery()
        )
        with self.stand.database.transaction() as session:
            people = self.patients(session).values()
            arrived = (
                select(StoredReading.patient_id, func.max(StoredReading.received_at).label("at"))
                .where(StoredReading.patient_id.in_(people), StoredReading.value == CRITICAL)
                .group_by(StoredReading.patient_id)
                .subquery()
            )
            rows = session.execute(
                select(red.c.opened - arrived.c.at).join_from(
                    red, arrived, red.c.patient_id == arrived.c.patient_id
                )
            ).scalars()
            return [max(0.0, each / timedelta(seconds=1)) for each in rows]

    def found(self) -> dict[str, Counter[tuple[str, str]]]:
        """Return for each person their alerts as (problem, severity)."""
        with self.stand.database.transaction() as session:
            return alerts_of(session, self.mrns)


def alerts_of(session: Session, mrns: tuple[str, ...]) -> dict[str, Counter[tuple[str, str]]]:
    found = {}
    for mrn in mrns:
        query = select(Alert.problem, Alert.severity).where(
            Alert.patient_id.in_(called(session, None, mrn))
        )
        found[mrn] = Counter((row.problem, row.severity) for row in session.execute(query))
    return found


def gather(stand: Stand, prefix: str, people: int = 6, **more: Any) -> Crowd:
    """Enrol people of their own for a test, each with three ordinary days."""
    mrns = tuple(f"{prefix}-{number}" for number in range(people))
    crowd = Crowd(stand, stand.gateway(prefix), mrns)
    for mrn in mrns:
        crowd.post(enrolment(mrn, **more))
        crowd.post(ordinary(mrn, days=3, until=utc_now() - timedelta(hours=1)))
    assert crowd.tally.refused == 0, crowd.tally.reasons
    return crowd
