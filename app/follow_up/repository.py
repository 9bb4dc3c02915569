"""Queries for followed patient-days: whom they are taken from, which there are, what is asked."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Float, Integer, Text, cast, exists, func, or_, select, union_all, update
from sqlalchemy.dialects.postgresql import array, distinct_on, insert
from sqlalchemy.orm import aliased

from app.accounts.tables import AppUser
from app.follow_up.tables import FollowedDayRow, ScoredDays, ShadowedDay
from app.follow_up.windows import Score
from core.security import SYSTEM, Role
from ingest.choosing.repository import unfollowed
from ingest.merging.repository import STANDING
from ingest.people.tables import PatientMerge
from ingest.repository import visible_to
from ingest.tables import Patient
from monitoring.contesting.repository import fed_wrongly
from monitoring.followed import HORIZON, FollowedDay, Outcome, Source
from monitoring.live_calibration import EDGES, Scored
from monitoring.models.tables import ShadowScore
from monitoring.tables import AssessmentRow, made_here

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from uuid import UUID

    from sqlalchemy import CompoundSelect, Select
    from sqlalchemy.orm import InstrumentedAttribute, Session

STREAMED = 500  # rows held at a time
UNKNOWN = (Source.DRAWN, Source.NOT_DRAWN)  # unless somebody answers


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
    """Return of each person who was scored on a day (UTC) the last score.

    Not where it is upheld by now that what went into it was wrong: it was about somebody else.
    """
    row, start = AssessmentRow, datetime.combine(day, time(), UTC)
    probability = cast(row.risk["probability"].astext, Float).label("probability")
    last = (
        select(row.id, row.patient_id, row.at, probability, row.model_id)
        .where(
            row.patient_id.in_(patients),
            row.at >= start,
            row.at < start + timedelta(days=1),
            row.risk["probability"].astext.is_not(None),
            made_here(row),  # what came of it was seen elsewhere
            cast(row.risk["horizon_days"].astext, Integer) == HORIZON.days,
        )
        .ext(distinct_on(row.patient_id))
        .order_by(row.patient_id, row.at.desc(), row.id)
        .subquery()
    )
    query = select(last).where(~fed_wrongly(last.c.id)).order_by(last.c.patient_id)
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


@dataclass(slots=True)
class Tally:
    """What was found of one model and band on a day."""

    days: int = 0
    predicted: float = 0.0
    known: int = 0
    left_out: int = 0


def count(session: Session, day: date, found: Mapping[tuple[str, int], Tally]) -> None:
    """Add what one slice found to the counts of the day, by model and band."""
    for (model_id, band), tally in sorted(found.items(), key=lambda each: each[0]):
        values = asdict(tally)
        row = insert(ScoredDays).values(day=day, model_id=model_id, band=band, **values)
        added = {name: getattr(ScoredDays, name) + row.excluded[name] for name in values}
        session.execute(
            row.on_conflict_do_update(index_elements=["day", "model_id", "band"], set_=added)
        )


def counted(session: Session, model_id: str, *, since: date) -> tuple[dict[int, Scored], int]:
    """Return the scored days of one model by band since a day, and how many were left out.

    Of the very days of which `followed` yields those that are known or drawn.
    """
    day = _standing(model_id, since).subquery()
    of_person = (
        select(
            day.c.band,
            func.count().label("days"),
            func.sum(day.c.probability).label("predicted"),
            func.count().filter(day.c.source.not_in(UNKNOWN)).label("known"),
        )
        .group_by(day.c.band, day.c.person)
        .subquery()
    )
    each_has = of_person.c.days
    sums = (each_has, of_person.c.predicted, of_person.c.known, each_has * each_has)
    query = select(of_person.c.band, func.count(), *(func.sum(each) for each in sums))
    scored = {}
    for band, people, *found in session.execute(query.group_by(of_person.c.band)):
        days, predicted, known, squares = (float(each) for each in found)
        scored[band] = Scored(int(days), predicted, int(known), people, days * days / squares)
    return scored, _sum(session, ScoredDays.left_out, model_id, since)


def ever_counted(session: Session, model_id: str, *, since: date) -> int:
    """Return how many days of one model since a day were counted when they were followed up."""
    return _sum(session, ScoredDays.days, model_id, since)


def _sum(session: Session, column: InstrumentedAttribute[int], model_id: str, since: date) -> int:
    row = ScoredDays
    query = select(func.sum(column)).where(row.model_id == model_id, row.day >= since)
    return int(session.scalar(query) or 0)


def followed(session: Session, model_id: str, *, since: date) -> Iterator[FollowedDay]:
    """Yield what is known or was drawn of one model since a day, a few hundred held at a time."""
    day = _standing(model_id, since).subquery()
    query = select(day.c.person, day.c.probability, day.c.source, day.c.chosen_with, day.c.outcome)
    query = query.where(day.c.source != Source.NOT_DRAWN)
    for each in session.execute(query, execution_options={"yield_per": STREAMED}):
        outcome = Outcome(each.outcome) if each.outcome else None
        source = Source(each.source)
        yield FollowedDay(each.person, each.probability, source, each.chosen_with, outcome)


def _standing(model_id: str, since: date) -> Select[Any]:
    """Return the days of one model that count: nobody's who is not to be followed now (SEC-47).

    Nor those of which a clinician upheld that what went into the score was wrong (SEC-46). Days
    that were not drawn had no row once: of such a day nobody can say of whom the others are a
    share, and it does not count.
    """
    day, row, other = _days(model_id, since).cte("followed"), ScoredDays, aliased(FollowedDayRow)
    same = (row.day == day.c.day) & (row.band == day.c.band) & (row.model_id == model_id)
    everybody_was_drawn = (other.source == Source.DRAWN) & (other.chosen_with == 1.0)
    kept = or_(other.source == Source.NOT_DRAWN, everybody_was_drawn)
    whole = (
        select(day.c.day, day.c.band)
        .join(row, same)
        .group_by(day.c.day, day.c.band, row.days)
        .having(or_(func.count() == row.days, exists().where(other.day == day.c.day, kept)))
        .subquery()
    )
    together = (whole.c.day == day.c.day) & (whole.c.band == day.c.band)
    right = ~fed_wrongly(day.c.assessment_id)
    return select(day).join(whole, together).where(day.c.patient_id.not_in(unfollowed()), right)


def _days(model_id: str, since: date) -> CompoundSelect[Any]:
    """Return every day that a model judged, or of which it had said something in shadow."""
    row, beside = FollowedDayRow, ShadowedDay

    def columns(probability: InstrumentedAttribute[float]) -> Select[Any]:
        return (
            select(
                row.patient_id,
                func.coalesce(PatientMerge.survivor_id, row.patient_id).label("person"),
                row.assessment_id,
                row.day,
                func.width_bucket(probability, array(EDGES, type_=Float)).label("band"),
                probability.label("probability"),
                row.source,
                row.chosen_with,
                row.outcome,
            )
            .outerjoin(PatientMerge, (PatientMerge.merged_id == row.patient_id) & STANDING)
            .where(row.day >= since)
        )

    judged = columns(row.probability).where(row.model_id == model_id)
    tried = columns(beside.probability).join(beside, beside.followed_id == row.id)
    return union_all(judged, tried.where(beside.model_id == model_id))


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
            ~fed_wrongly(row.assessment_id),
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
