from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlalchemy import delete, select, update

from alerts import service
from alerts.escalation import Kind
from alerts.escalation import words as step_words
from alerts.oncall.service import Turnus, add, add_leave, remove
from alerts.policy import To
from alerts.rota import Away
from alerts.tables import Alert, AlertEvent, Delivery, Step
from core.errors import InvalidError, NotFoundError
from core.security import SYSTEM
from core.vitals import Severity
from ingest import tables as people
from ingest.teams.tables import PostTimes
from ingest.weekly import EVERY_DAY, Span, span

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from sqlalchemy.orm import Session

    from tests.alerts.conftest import FindingMaker, Raise, Ward

DAY = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)  # a Tuesday
NIGHT = datetime(2026, 3, 10, 22, 0, tzinfo=UTC)
ALWAYS = Turnus(DAY - timedelta(days=30), weekly=Span(EVERY_DAY, 0, 1440))


def put(session: Session, ward: Ward, who: UUID, when: Turnus = ALWAYS, **more: Any) -> UUID:
    return add(session, SYSTEM, ward.team, who, when, now=DAY, **more)


def red(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, at: datetime = NIGHT
) -> UUID:
    (alert_id,) = judged(session, ward.patient, finding(at=at), at=at)
    return alert_id


def mailed(session: Session, alert_id: UUID) -> set[str]:
    rows = select(Delivery.recipient).where(
        Delivery.alert_id == alert_id, Delivery.channel == "email"
    )
    return set(session.scalars(rows))


def why(session: Session, alert_id: UUID, kind: str = "rerouted") -> set[str]:
    rows = select(AlertEvent.reason).where(AlertEvent.alert_id == alert_id, AlertEvent.kind == kind)
    return set(session.scalars(rows))


def key(who: UUID) -> str:
    return f"practitioner:{who}"


def works(session: Session, who: UUID, *hours: Span, away: tuple[str, str] | None = None) -> None:
    role = people.PractitionerRole(id=uuid4(), practitioner_id=who, email=b"")
    session.add(role)
    session.flush()
    session.add(
        PostTimes(
            role_id=role.id,
            hours=[[sorted(each.days), each.start, each.end] for each in hours],
            away=[list(away)] if away else [],
            since="",
            until="",
            zone="",
        )
    )
    session.flush()


def test_a_red_at_night_goes_to_who_is_on_call_and_the_timeline_names_the_route_al_13(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise
) -> None:
    put(session, ward, ward.nurse)

    alert_id = red(session, ward, finding, judged)

    assert mailed(session, alert_id) == {key(ward.nurse)}
    assert session.get_one(Alert, alert_id).route == "red-off-hours"
    routed = select(AlertEvent.reason, AlertEvent.after).where(
        AlertEvent.alert_id == alert_id, AlertEvent.kind == "routed"
    )
    assert [tuple(row) for row in session.execute(routed)] == [
        ("route-taken", {"route": "red-off-hours", "because": "off hours"})
    ]


def test_the_last_night_of_a_pattern_goes_on_to_its_morning_rel_24(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise
) -> None:
    midnight = DAY.replace(hour=0) + timedelta(days=1)
    last = Turnus(DAY - timedelta(days=30), midnight, span("", "18:00", "08:00"))
    put(session, ward, ward.nurse, last)

    alert_id = red(session, ward, finding, judged, at=midnight + timedelta(hours=7))

    assert mailed(session, alert_id) == {key(ward.nurse)}


def test_by_day_the_same_red_goes_to_the_responsible_physician(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise
) -> None:
    put(session, ward, ward.nurse)

    alert_id = red(session, ward, finding, judged, DAY)

    assert mailed(session, alert_id) == {key(ward.manager)}
    assert session.get_one(Alert, alert_id).route == ""


def test_the_rota_of_the_hour_counts_and_not_that_of_when_the_alert_opened_al_13(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise
) -> None:
    evening = Turnus(DAY, NIGHT + timedelta(minutes=10))
    late = Turnus(NIGHT + timedelta(minutes=10), NIGHT + timedelta(hours=8))
    put(session, ward, ward.nurse, evening)
    put(session, ward, ward.colleague, late)
    (alert_id,) = judged(session, ward.patient, finding(Severity.AMBER, at=NIGHT), at=NIGHT)
    session.execute(update(Step).where(Step.state == "waiting").values(due_at=NIGHT))

    service.escalate_due(session, now=NIGHT + timedelta(minutes=20))

    rows = select(Delivery.recipient, Delivery.created_at).where(
        Delivery.alert_id == alert_id, Delivery.recipient != f"team:{ward.team}"
    )
    told = {(recipient, at - NIGHT) for recipient, at in session.execute(rows)}
    assert (key(ward.nurse), timedelta(0)) in told
    assert (key(ward.colleague), timedelta(minutes=20)) in told
    assert (key(ward.nurse), timedelta(minutes=20)) not in told


def _nobody_on_call(session: Session, ward: Ward) -> None:
    put(session, ward, ward.nurse, Turnus(DAY, NIGHT))


def _on_leave(session: Session, ward: Ward) -> None:
    put(session, ward, ward.nurse)
    leave = Away(ward.nurse, NIGHT - timedelta(hours=1), NIGHT + timedelta(days=1))
    add_leave(session, SYSTEM, leave, now=DAY)


def _disabled(session: Session, ward: Ward) -> None:
    put(session, ward, ward.nurse)
    session.execute(
        update(people.Practitioner).where(people.Practitioner.id == ward.nurse).values(active=False)
    )


def _no_channel(session: Session, ward: Ward) -> None:
    put(session, ward, ward.nurse)
    session.execute(
        update(people.Practitioner).where(people.Practitioner.id == ward.nurse).values(email=b"")
    )


def _no_team(session: Session, ward: Ward) -> None:
    session.execute(
        delete(people.CareTeamPatient).where(people.CareTeamPatient.patient_id == ward.patient)
    )


def _no_rota_and_off_duty(session: Session, ward: Ward) -> None:
    for who in (ward.manager, ward.colleague):
        works(session, who, span("mon-fri", "08:00", "17:00"))


def _no_rota_and_leave_by_the_post(session: Session, ward: Ward) -> None:
    works(session, ward.manager, away=("2026-03-10", "2026-03-20"))


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (_nobody_on_call, "nobody-on-call"),
        (_on_leave, "recipient-on-leave"),
        (_disabled, "recipient-disabled"),
        (_no_channel, "recipient-has-no-channel"),
        (_no_team, "no-care-team"),
        (_no_rota_and_off_duty, "recipient-outside-working-hours"),
        (_no_rota_and_leave_by_the_post, "recipient-on-leave"),
    ],
)
def test_every_way_to_reach_nobody_at_night_reaches_the_fallback_team_and_says_why_rel_40(
    make: Callable[[Session, Ward], None],
    reason: str,
    session: Session,
    ward: Ward,
    finding: FindingMaker,
    judged: Raise,
) -> None:
    make(session, ward)

    alert_id = red(session, ward, finding, judged)

    assert mailed(session, alert_id) == {"fallback"}
    assert why(session, alert_id) == {reason}


def test_the_substitute_of_who_is_on_leave_is_told_in_their_place(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise
) -> None:
    leave = Away(ward.manager, DAY - timedelta(days=1), DAY + timedelta(days=1), ward.nurse)
    add_leave(session, SYSTEM, leave, now=DAY)

    alert_id = red(session, ward, finding, judged, DAY)

    assert mailed(session, alert_id) == {key(ward.nurse)}
    assert why(session, alert_id) == {"sent-to-the-substitute"}


def test_the_working_hours_of_a_post_decide_whether_its_holder_is_told(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise
) -> None:
    works(session, ward.manager, span("tue", "08:00", "10:00"))

    at_work = red(session, ward, finding, judged, DAY)

    assert mailed(session, at_work) == {key(ward.manager)}


def test_an_override_goes_first_and_a_removed_row_counts_no_more(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise
) -> None:
    put(session, ward, ward.colleague)
    first = put(session, ward, ward.nurse, Turnus(DAY, DAY + timedelta(days=2)), overrides=True)
    gone = put(session, ward, ward.manager, Turnus(DAY, DAY + timedelta(days=2)), overrides=True)
    remove(session, SYSTEM, gone, now=DAY)

    alert_id = red(session, ward, finding, judged)

    assert mailed(session, alert_id) == {key(ward.nurse)}
    remove(session, SYSTEM, first, now=DAY)
    with pytest.raises(NotFoundError):
        remove(session, SYSTEM, first, now=DAY)


@pytest.mark.parametrize(
    ("when", "field"),
    [
        (Turnus(DAY, DAY), "until"),
        (Turnus(DAY), "until"),
    ],
)
def test_a_turn_without_an_end_or_that_ends_before_it_begins_is_refused(
    session: Session, ward: Ward, when: Turnus, field: str
) -> None:
    with pytest.raises(InvalidError) as refused:
        put(session, ward, ward.nurse, when)

    assert refused.value.field == field


def test_nobody_is_on_call_or_a_substitute_for_a_team_whose_alerts_they_could_not_open(
    session: Session, ward: Ward, build: Callable[..., Ward]
) -> None:
    other = build(session, name="Other Example")

    with pytest.raises(InvalidError, match="not of the team"):
        put(session, ward, other.nurse)
    with pytest.raises(InvalidError, match="shares no team"):
        add_leave(session, SYSTEM, Away(ward.nurse, DAY, NIGHT, other.nurse), now=DAY)
    with pytest.raises(NotFoundError):
        add(session, SYSTEM, uuid4(), ward.nurse, ALWAYS, now=DAY)


def test_the_next_step_says_that_it_is_for_who_is_on_call() -> None:
    assert step_words(Kind.NOTIFY, To.ON_CALL) == "on-call clinician"
