"""Whatever people, readings and time do to a patient's alerts, somebody owns what is next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select

from alerts import service
from alerts.lifecycle import LIVE, State
from alerts.outcomes import Label, Resolution
from alerts.service import Contact
from alerts.tables import Alert, AlertEvent, Delivery, Step
from core.errors import ConflictError, InvalidError
from core.security import Role
from core.vitals import Severity
from monitoring.findings import Problem

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from tests.alerts.conftest import FindingMaker, Raise, Ward

PROBLEMS = (Problem.FLUID, Problem.INFECTION)
TIERS = st.sampled_from([Severity.RED, Severity.AMBER, Severity.YELLOW, Severity.DQ])
PLAIN = [service.claim, service.acknowledge, service.escalate, service.undo, service.wake]
WHO = st.integers(0, 2)
WHICH = st.integers(0, 3)
WAIT = st.sampled_from([0, 1, 5, 9, 15, 60, 240, 480, 1500, 4400])


@dataclass(frozen=True)
class Ground:
    """What the machine stands on; each of its runs is taken back at its end."""

    session: Session
    ward: Ward
    finding: FindingMaker
    judged: Raise
    start: datetime


class Acts(RuleBasedStateMachine):
    """Three people, readings and time act on one patient's alerts in a real database."""

    ground: ClassVar[Ground]

    def __init__(self) -> None:
        super().__init__()
        self.session, self.ward = self.ground.session, self.ground.ward
        self.people = (
            self.ward.doctor,
            self.ward.caller(self.ward.colleague),
            self.ward.caller(self.ward.nurse, Role.NURSE),
        )
        self.inner = self.session.begin_nested()
        self.now = self.ground.start
        self.count = 0

    def teardown(self) -> None:
        self.inner.rollback()
        self.session.expire_all()

    def some(self, which: int) -> UUID | None:
        ids = self.session.scalars(
            select(Alert.id)
            .where(Alert.patient_id == self.ward.patient)
            .order_by(Alert.opened_at.desc(), Alert.id)
        ).all()
        return ids[which % len(ids)] if ids else None

    def tick(self) -> None:
        self.now += timedelta(seconds=1)

    @initialize(tier=st.sampled_from([Severity.AMBER, Severity.YELLOW]))
    def opens(self, tier: Severity) -> None:
        self.is_found(tier, Problem.FLUID)

    @rule(tier=TIERS, problem=st.sampled_from(PROBLEMS))
    def is_found(self, tier: Severity, problem: Problem) -> None:
        self.tick()
        self.count += 1
        found = self.ground.finding(tier, problem=problem, rule=f"R-{self.count}", at=self.now)
        self.ground.judged(self.session, self.ward.patient, found, at=self.now)

    @rule(minutes=WAIT)
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        service.escalate_due(self.session, now=self.now)

    def act(self, which: int, perform: Callable[[UUID], None]) -> None:
        """Do something to an alert; a refusal is legal, and must say why."""
        self.tick()
        alert = self.some(which)
        if alert is None:
            return
        try:
            with self.session.begin_nested():
                perform(alert)
        except (ConflictError, InvalidError) as refusal:
            assert refusal.message  # noqa: PT017 (that it may raise is the point)

    @rule(act=st.sampled_from(PLAIN), who=WHO, which=WHICH)
    def acts(self, act: Callable[..., None], who: int, which: int) -> None:
        self.act(which, lambda a: act(self.session, self.people[who], a, now=self.now))

    @rule(who=WHO, which=WHICH, hours=st.sampled_from([1, 71, 300]))
    def snoozes(self, who: int, which: int, hours: int) -> None:
        until = self.now + timedelta(hours=hours)
        self.act(
            which,
            lambda a: service.snooze(
                self.session, self.people[who], a, until=until, reason="seen", now=self.now
            ),
        )

    @rule(who=WHO, which=WHICH, to=st.integers(0, 3))
    def passes_on(self, who: int, which: int, to: int) -> None:
        whom = (self.ward.manager, self.ward.colleague, self.ward.nurse, self.ward.team)[to]
        self.act(
            which,
            lambda a: service.delegate(self.session, self.people[who], a, whom, now=self.now),
        )

    @rule(who=WHO, which=WHICH, reached=st.booleans())
    def calls(self, who: int, which: int, reached: bool) -> None:  # noqa: FBT001 (a drawn fact)
        self.act(
            which,
            lambda a: service.note_contact(
                self.session, self.people[who], a, Contact.CALL, reached=reached, now=self.now
            ),
        )

    @rule(who=WHO, which=WHICH)
    def resolves(self, who: int, which: int) -> None:
        outcome = Resolution(Label.UNSURE)
        self.act(
            which,
            lambda a: service.resolve(self.session, self.people[who], a, outcome, now=self.now),
        )

    def alerts(self) -> list[Alert]:
        self.session.expire_all()
        mine = select(Alert).where(Alert.patient_id == self.ward.patient)
        return list(self.session.scalars(mine))

    @invariant()
    def every_live_alert_has_a_next_step_i5(self) -> None:
        for alert in self.alerts():
            waiting = self.session.scalar(
                select(func.count()).where(
                    Step.alert_id == alert.id,
                    Step.fence == alert.fence,
                    Step.state == "waiting",
                )
            )
            assert bool(waiting) == (alert.state in LIVE), (alert.state, waiting)

    @invariant()
    def each_problem_has_one_live_alert_rel_11(self) -> None:
        live = [alert.problem for alert in self.alerts() if alert.state in LIVE]
        assert len(live) == len(set(live))

    @invariant()
    def what_a_state_says_is_so(self) -> None:
        for alert in self.alerts():
            state = State(alert.state)
            owned = alert.owner_id or alert.owner_team_id
            assert (state is State.SNOOZED) == (alert.snoozed_until is not None)
            assert (state is State.CLAIMED) == (alert.claimed_by is not None)
            assert not state.owned or owned
            assert not (state is State.SNOOZED and alert.severity == Severity.RED)
            assert not (alert.delegated_by and not state.owned)
            assert Severity(alert.highest or "").rank >= Severity(alert.severity).rank

    @invariant()
    def a_red_or_amber_ends_by_a_person_only(self) -> None:
        for alert in self.alerts():
            if alert.severity in ("RED", "AMBER"):
                assert alert.state != State.AUTO_CLOSED

    @invariant()
    def every_delivery_is_for_somebody_and_has_its_reason_rel_40(self) -> None:
        ids = [alert.id for alert in self.alerts()]
        told = self.session.execute(
            select(Delivery.alert_id, Delivery.recipient).where(Delivery.alert_id.in_(ids))
        ).all()
        lines = self.session.execute(
            select(AlertEvent.alert_id, AlertEvent.reason).where(
                AlertEvent.alert_id.in_(ids), AlertEvent.kind == "notified"
            )
        ).all()
        assert all(row.recipient.rpartition(":")[2] for row in told)
        assert len(told) == len(lines)
        assert all(row.reason for row in lines)


def test_no_order_of_acts_leaves_an_alert_without_a_next_step_al_04(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    Acts.ground = Ground(session, ward, finding, judged, now)
    run_state_machine_as_test(
        Acts,
        settings=settings(
            max_examples=20,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
