"""Queries for followed patient-days: whom they are taken from, which there are, what is asked."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Float, Integer, Text, cast, func, select, union_all, update
from sqlalchemy.dialects.postgresql import distinct_on, insert

from app.accounts.tables import AppUser
from app.follow_up.tables import FollowedDayRow, ScoredDays, ShadowedDay
from app.follow_up.windows import Score
from core.security import SYSTEM, Role
from ingest.choosing.repository import unfollowed
from ingest.repository import visible_to
from ingest.tables import Patient
from monitoring.contesting.repository import fed_wrongly
from monitoring.followed import HORIZON, FollowedDay, Outcome, Source
from monitoring.live_calibration import Scored
from monitoring.models.tables import ShadowScore
from monitoring.tables import COPIED, AssessmentRow

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from uuid import UUID

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

STREAMED = 500  # rows held at a time


def slice_of_people(session: Session, number: int, count: int) -> list[UUID]:
    """Return the people of one of `count` slices of everybody who lets themselves be followed."""
    everybody = visible_to(SYSTEM).where(Patient.id.not_in(unfollowed())).subquery()
    slot = func.abs(cast(func.hashtext(cast(everybody.c[0], Text)), Integer) % count)
    return list(session.scalars(select(everybody.c[0]).where(slot == number)))


def numbers(session: Session) -> tuple[int, int]:
    """Return how many people are watched, and how many clinicians may be asked."""
    people = session.scalar(select(func.count()).select_from(visible_to(SYSTEM).subquery()))
    query = select(func.count()).where(
        AppUser.role.in_((Role.PHYSICIAN, Role.NURSE)),
        AppUser.practitioner_id.is_not(None),
        ~AppUser.disabled,
    )
    return people or 0, session.scalar(query) or 0


def scores(session: Session, patients: Collection[UUID], day: date) -> list[Score]:
    """Return of each person who was scored on a day (UTC) the last score."""
    row, start = AssessmentRow, datetime.combine(day, time(), UTC)
    probability = cast(row.risk["probability"].astext, Float)
    query = (
        select(row.id, row.patient_id, row.at, probability, row.model_id)
        .where(
            row.patient_id.in_(patients),
            row.at >= start,
            row.at < start + timedelta(days=1),
            row.risk["probability"].astext.is_not(None),
            ~row.key.startswith(COPIED),  # what came of it was seen elsewhere
            cast(row.risk["horizon_days"].astext, Integer) == HORIZON.days,
        )
        .ext(distinct_on(row.patient_id))
        .order_by(row.patient_id, row.at.desc(), row.id)
    )
    return [Score(*each) for each in session.execute(query)]


def shadowed(session: Session, assessments: Collection[UUID]) -> Mapping[UUID, Mapping[str, float]]:
    """Return what models in shadow predicted at judgements, by judgement and model (AL-21)."""
    found: dict[UUID, dict[str, float]] = defaultdict(dict)
    row = ShadowScore
    query = select(row.assessment_id, row.model_id, row.probability)
    for each in session.execute(query.where(row.assessment_id.in_(assessments))):
        found[each.assessment_id][each.model_id] = each.probability
    return found


def keep(session: Session, day: FollowedDayRow, beside: Mapping[str, float]) -> None:
    """Store a followed day, with what models in shadow had predicted of it."""
    session.add(day)
    session.flush()
    session.add_all(
        ShadowedDay(followed_id=day.id, model_id=model, probability=probability)
        for model, probability in beside.items()
    )


def count(session: Session, day: date, found: Mapping[tuple[str, int], tuple[Scored, int]]) -> None:
    """Add what one slice found to the counts of the day, by model and band."""
    for (model_id, band), (scored, left_out) in sorted(found.items()):
        row = insert(ScoredDays).values(
            day=day,
            model_id=model_id,
            band=band,
            days=scored.days,
            predicted=scored.predicted,
            known=scored.known,
            left_out=left_out,
        )
        names = ("days", "predicted", "known", "left_out")
        added = {name: getattr(ScoredDays, name) + row.excluded[name] for name in names}
        session.execute(
            row.on_conflict_do_update(index_elements=["day", "model_id", "band"], set_=added)
        )


def counted(session: Session, model_id: str, *, since: date) -> tuple[dict[int, Scored], int]:
    """Return the scored days of one model by band since a day, and how many were left out."""
    row = ScoredDays
    sums = (func.sum(each) for each in (row.days, row.predicted, row.known, row.left_out))
    query = select(row.band, *sums).where(row.model_id == model_id, row.day >= since)
    found = session.execute(query.group_by(row.band)).all()
    scored = {each[0]: Scored(int(each[1]), each[2], int(each[3])) for each in found}
    return scored, sum(int(each[4]) for each in found)


def followed(session: Session, model_id: str, *, since: date) -> Iterator[FollowedDay]:
    """Yield the followed days of one model since a day, a few hundred held at a time.

    Those that it judged, and those of which it had said something in shadow; not those of which
    a clinician upheld that what went into the score was wrong (SEC-46).
    """
    row, beside = FollowedDayRow, ShadowedDay
    of_day = (row.source, row.chosen_with, row.outcome)
    judged = select(row.patient_id, row.probability, *of_day).where(row.model_id == model_id)
    tried = (
        select(row.patient_id, beside.probability, *of_day)
        .join(beside, beside.followed_id == row.id)
        .where(beside.model_id == model_id)
    )
    right = ~fed_wrongly(row.assessment_id)
    counts = (row.day >= since, row.patient_id.not_in(unfollowed()), right)
    query = union_all(*(each.where(*counts) for each in (judged, tried)))
    for each in session.execute(query, execution_options={"yield_per": STREAMED}):
        outcome = Outcome(each.outcome) if each.outcome else None
        source = Source(each.source)
        yield FollowedDay(each.patient_id, each.probability, source, each.chosen_with, outcome)


@dataclass(frozen=True, slots=True)
class Question:
    """A drawn day that nobody has answered yet."""

    id: UUID
    patient_id: UUID
    day: date
    scored_at: datetime


def open_questions(
    session: Session, patients: Select[UUID], *, since: date, limit: int
) -> list[Question]:
    """Return the drawn days of some people that wait for an answer, in an order by lot."""
    row = FollowedDayRow
    query = (
        select(row.id, row.patient_id, row.day, row.scored_at)
        .where(
            row.source == Source.DRAWN,
            row.outcome.is_(None),
            row.day >= since,
            row.patient_id.in_(patients),
            row.patient_id.not_in(unfollowed()),
        )
        .order_by(row.id)
        .limit(limit)
    )
    return [Question(*each) for each in session.execute(query)]


def question(session: Session, patients: Select[UUID], id_: UUID) -> FollowedDayRow | None:
    """Return one drawn day of some people, answered or not."""
    row = FollowedDayRow
    return session.scalar(
        select(row).where(
            row.id == id_,
            row.source == Source.DRAWN,
            row.patient_id.in_(patients),
            row.patient_id.not_in(unfollowed()),
        )
    )


def answer(session: Session, id_: UUID, outcome: Outcome, by: UUID | None, at: datetime) -> bool:
    """Keep an answer; False where there is one already."""
    row = FollowedDayRow
    changed = update(row).where(row.id == id_, row.outcome.is_(None))
    values = {"outcome": outcome, "answered_by": by, "answered_at": at}
    return session.execute(changed.values(**values).returning(row.id)).first() is not None


def answers_of(session: Session, user: UUID | None, *, since: datetime) -> int:
    """Return how many answers somebody has given since an instant."""
    row = FollowedDayRow
    query = select(func.count()).where(row.answered_by == user, row.answered_at > since)
    return session.scalar(query) or 0
