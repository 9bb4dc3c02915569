"""Counts what clinicians did for some people in a week, and of how much they were told."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from sqlalchemy import Integer, func, select
from sqlalchemy.orm import aliased

from alerts.digests.repository import TOLD
from alerts.spent.tables import TimeSpent
from alerts.tables import Alert, AlertEvent, Delivery
from alerts.visit import Status
from alerts.visits.tables import Appointment
from core.among import among
from core.vitals import Severity
from ingest.caseload import Apart
from reports.burden import Told, Work
from reports.caseloads.repository import with_team
from reports.workload import Workload

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

TAKEN, CONTACTED, PUT_OFF, UNDONE = "acknowledged", "contacted", "snoozed", "undone"
PERSON = "practitioner:"


class Span(NamedTuple):
    """From when to when; what happened while people were not with the team counts nowhere."""

    start: datetime
    end: datetime
    apart: Apart = Apart()


class Done(NamedTuple):
    """One thing that somebody did for one patient."""

    at: datetime
    who: UUID | None
    patient_id: UUID
    what: str
    minutes: int = 0


class _Act(NamedTuple):
    """One kind of act of one person; `reached` of a contact."""

    who: UUID | None
    kind: str
    reached: bool


def works(
    session: Session, records: Collection[UUID], span: Span
) -> tuple[Workload, dict[UUID, Work]]:
    """Return what was done for some people in all, and by whom."""
    acts = _acts(session, records, span)
    minutes = _minutes(session, records, span)
    visits = _visits(session, records, span)
    of_all: Counter[tuple[str, bool]] = Counter()
    for act, count in acts.items():
        of_all[act.kind, act.reached] += count
    by_work: Counter[str] = Counter()
    for (_, work, _), spent in minutes.items():
        by_work[work] += spent
    whole = Workload(
        taken=of_all[TAKEN, False],
        reached=of_all[CONTACTED, True],
        not_reached=of_all[CONTACTED, False],
        visits_held=visits[Status.FULFILLED],
        visits_missed=visits[Status.NO_SHOW],
        put_off=of_all[PUT_OFF, False],
        minutes=dict(sorted(by_work.items())),
        live_minutes=sum(spent for (_, _, live), spent in minutes.items() if live),
    )
    return whole, _by_person(acts, minutes)


def _by_person(
    acts: Mapping[_Act, int], minutes: Mapping[tuple[UUID | None, str, bool], int]
) -> dict[UUID, Work]:
    spent: Counter[UUID | None] = Counter()
    for (who, _, _), count in minutes.items():
        spent[who] += count
    people = {act.who for act in acts} | set(spent)
    return {
        who: Work(
            max(acts.get(_Act(who, TAKEN, False), 0), 0),
            max(acts.get(_Act(who, CONTACTED, True), 0), 0),
            spent[who],
        )
        for who in people
        if who is not None
    }


def _acts(session: Session, records: Collection[UUID], span: Span) -> Counter[_Act]:
    """Return how often each act was done and not taken back."""
    return Counter(act for act, *_ in _standing(session, records, span))


def _standing(
    session: Session, records: Collection[UUID], span: Span
) -> list[tuple[_Act, datetime, UUID, UUID]]:
    """Return each act that was done and not taken back, when, of whom and on which alert."""
    row = AlertEvent
    act, reached = row.after["act"].astext, row.after["reached"].astext
    query = (
        select(row.actor_id, row.kind, reached, act, row.at, Alert.patient_id, row.alert_id)
        .join(Alert, Alert.id == row.alert_id)
        .where(
            among(Alert.patient_id, records),
            row.at >= span.start,
            row.at < span.end,
            with_team(Alert.patient_id, row.at, span.apart),
            row.actor_kind == "user",
            row.kind.in_([TAKEN, CONTACTED, PUT_OFF, UNDONE]),
        )
        .order_by(row.id)
    )
    found: dict[int, tuple[_Act, datetime, UUID, UUID]] = {}
    last: dict[tuple[UUID, UUID | None, str], int] = {}
    for place, each in enumerate(session.execute(query)):
        who, kind, met, taken_back, at, patient, alert = each
        if kind != UNDONE:
            found[place] = _Act(who, kind, met == "true"), at, patient, alert
            last[alert, who, kind] = place
        elif (alert, who, taken_back) in last:
            del found[last.pop((alert, who, taken_back))]
    return list(found.values())


ACTS = {
    "reached": (CONTACTED, True),
    "not-reached": (CONTACTED, False),
    "put-off": (PUT_OFF, False),
}
VISITS = {"held": Status.FULFILLED, "missed": Status.NO_SHOW}
MINUTES = "minutes"


def done(session: Session, heads: Mapping[UUID, UUID], span: Span, of: str) -> list[Done]:
    """Return what stands behind one figure of the work, the newest first.

    `of` is a key of `ACTS` or `VISITS`, or `MINUTES`; `heads` are people by record.
    """
    if of == MINUTES:
        found = _minutes_done(session, heads, span)
    elif of in VISITS:
        found = _visits_done(session, heads, span, VISITS[of])
    else:
        found = [
            Done(at, act.who, heads[patient], of)
            for act, at, patient, _ in _standing(session, heads, span)
            if (act.kind, act.reached) == ACTS[of]
        ]
    return sorted(found, key=lambda each: each.at, reverse=True)


def _minutes_done(session: Session, heads: Mapping[UUID, UUID], span: Span) -> list[Done]:
    row = TimeSpent
    query = select(row.at, row.actor_id, row.patient_id, row.work, row.minutes).where(
        among(row.patient_id, heads),
        row.at >= span.start,
        row.at < span.end,
        with_team(row.patient_id, row.at, span.apart),
        row.minutes > 0,
        ~_corrected(),
    )
    return [
        Done(at, who, heads[patient], work, minutes)
        for at, who, patient, work, minutes in session.execute(query)
    ]


def _visits_done(
    session: Session, heads: Mapping[UUID, UUID], span: Span, status: Status
) -> list[Done]:
    row = Appointment
    query = select(row.ended_at, row.practitioner_id, row.patient_id).where(
        among(row.patient_id, heads),
        row.ended_at >= span.start,
        row.ended_at < span.end,
        with_team(row.patient_id, row.ended_at, span.apart),
        row.status == status,
    )
    return [
        Done(at, who, heads[patient], "video-visit")
        for at, who, patient in session.execute(query)
        if at is not None
    ]


def _corrected() -> ColumnElement[bool]:
    later = aliased(TimeSpent)
    return select(later.corrects_id).where(later.corrects_id == TimeSpent.id).exists()


def _minutes(
    session: Session, records: Collection[UUID], span: Span
) -> dict[tuple[UUID | None, str, bool], int]:
    """Return the minutes that stand, by whose they are and what they went into."""
    row = TimeSpent
    query = (
        select(row.actor_id, row.work, row.live, func.sum(row.minutes))
        .where(among(row.patient_id, records), row.at >= span.start, row.at < span.end)
        .where(~_corrected(), with_team(row.patient_id, row.at, span.apart))
        .group_by(row.actor_id, row.work, row.live)
    )
    return {(who, work, live): int(spent) for who, work, live, spent in session.execute(query)}


def _visits(session: Session, records: Collection[UUID], span: Span) -> Counter[str]:
    row = Appointment
    query = (
        select(row.status, func.count())
        .where(among(row.patient_id, records), row.ended_at >= span.start, row.ended_at < span.end)
        .where(with_team(row.patient_id, row.ended_at, span.apart))
        .group_by(row.status)
    )
    return Counter({row_[0]: row_[1] for row_ in session.execute(query)})


def told(session: Session, records: Collection[UUID], span: Span, *, zone: str) -> tuple[Told, ...]:
    """Return of how many alerts each clinician was told, by day of the site and tier (AL-17)."""
    row = Delivery
    day = func.date(func.timezone(zone, row.created_at))
    alerts = func.count(row.alert_id.distinct())
    query = (
        select(
            row.recipient,
            day,
            row.severity,
            alerts,
            func.max(Alert.policy["budget"][row.severity].astext.cast(Integer)),
        )
        .join(Alert, Alert.id == row.alert_id)
        .where(
            among(Alert.patient_id, records),
            row.created_at >= span.start,
            row.created_at < span.end,
            with_team(Alert.patient_id, row.created_at, span.apart),
            row.recipient.startswith(PERSON),
            row.state.in_(TOLD),
            row.digest_id.is_(None),
        )
        .group_by(row.recipient, day, row.severity)
        .order_by(row.recipient, day, row.severity)
    )
    return tuple(
        Told(
            UUID(recipient.removeprefix(PERSON)),
            Severity(severity),
            count,
            most,
        )
        for recipient, _, severity, count, most in session.execute(query)
    )
