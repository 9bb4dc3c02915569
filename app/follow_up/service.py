"""Follow scored days up, some by lot, and take what clinicians say of them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlalchemy import func, select

from alerts.conclusions.repository import begun
from app.follow_up import repository
from app.follow_up.repository import Tally
from app.follow_up.tables import FollowedDayRow
from app.follow_up.windows import Past, Score, day_before, left_out, turned_out
from app.periods import ScheduledRun, first
from core.audit import Action, record
from core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from core.security import Role
from ingest.context.repository import stays_of
from ingest.repository import everybody, visible_to
from monitoring.followed import (
    EVERY_DAYS,
    GRACE,
    HORIZON,
    OPEN_FOR,
    PER_CLINICIAN,
    TREATED,
    Outcome,
    Source,
    is_drawn,
    rate,
)
from monitoring.live_calibration import band_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from app.follow_up.repository import Question
    from core.security import Caller
    from ingest.enrolment import Stay

JOB = "followed-days"
ENTITY = "followed-day"
SLICES = 24  # of those whose day it is: one a tick, so that no tick is long
MAY = (Role.PHYSICIAN, Role.NURSE)


def follow(session: Session, *, now: datetime) -> None:
    """Each tick, follow up one slice of the day whose outcomes are known by now, until all are."""
    day = day_before(now, HORIZON + GRACE)
    done = select(func.count()).where(
        ScheduledRun.job == JOB, ScheduledRun.period.startswith(f"{day}/")
    )
    number = session.scalar(done) or 0
    if number < SLICES and first(session, JOB, f"{day}/{number:02}", now=now):
        follow_slice(session, day, number, now=now)


def follow_slice(session: Session, day: date, number: int, *, now: datetime) -> None:
    """Follow up the people of one slice: of each person one day in seven."""
    slot = day.toordinal() % EVERY_DAYS * SLICES + number
    people = repository.slice_of_people(session, slot, EVERY_DAYS * SLICES)
    scores = repository.scores(session, people, day)
    probability = rate(*repository.numbers(session)) if scores else 0.0
    beside = repository.shadowed(session, [score.assessment_id for score in scores])
    counts = Counts()
    for score, past in _pasts(session, scores):
        tried = beside.get(score.assessment_id, {})
        said = [(score.model_id, score.probability), *tried.items()]
        if left_out(past, score.at):
            counts.leave_out(said)
            continue
        known = turned_out(past, score.at)
        counts.add(said, known=known is not None)
        if known is not None:
            day_row = _row(score, day, *known, chosen_with=1.0, now=now)
            repository.keep(session, day_row, tried)
        else:
            drawn = is_drawn(score.patient_id, day, probability)
            source = Source.DRAWN if drawn else Source.NOT_DRAWN
            asked = _row(score, day, source, None, chosen_with=probability, now=now)
            repository.keep(session, asked, tried)
    repository.count(session, day, counts.found)


@dataclass(slots=True)
class Counts:
    """How many days there are of each model and band, and how many were left out."""

    found: dict[tuple[str, int], Tally] = field(default_factory=dict)

    def add(self, said: Sequence[tuple[str, float]], *, known: bool) -> None:
        """Count a day for each model that said something of it."""
        for model, probability in said:
            tally = self._of(model, probability)
            tally.days += 1
            tally.predicted += probability
            tally.known += known

    def leave_out(self, said: Sequence[tuple[str, float]]) -> None:
        """Count a day that is of no use."""
        for model, probability in said:
            self._of(model, probability).left_out += 1

    def _of(self, model: str, probability: float) -> Tally:
        return self.found.setdefault((model, band_of(probability)), Tally())


def _row(  # noqa: PLR0913 (a followed day has this many facts)
    score: Score,
    day: date,
    source: Source,
    outcome: Outcome | None,
    *,
    chosen_with: float,
    now: datetime,
) -> FollowedDayRow:
    return FollowedDayRow(
        id=uuid4(),
        patient_id=score.patient_id,
        assessment_id=score.assessment_id,
        day=day,
        scored_at=score.at,
        model_id=score.model_id,
        probability=score.probability,
        source=source,
        chosen_with=chosen_with,
        outcome=outcome,
        followed_at=now,
    )


def _pasts(session: Session, scores: Sequence[Score]) -> list[tuple[Score, Past]]:
    """Return each score with the alerts and stays of its person, whatever record has them."""
    if not scores:
        return []
    records = everybody(session, {score.patient_id for score in scores})
    heads = {each: head for head, ids in records.items() for each in ids}
    since, until = min(s.at for s in scores) - TREATED, max(s.at for s in scores) + HORIZON
    alerts: dict[UUID, list[tuple[datetime, str | None]]] = defaultdict(list)
    for patient, began, label in begun(session, list(heads), since=since, until=until):
        alerts[heads[patient]].append((began, label))
    stays = _stays(session, heads)
    return [(s, Past(alerts[s.patient_id], stays[s.patient_id])) for s in scores]


def _stays(session: Session, heads: Mapping[UUID, UUID]) -> Mapping[UUID, list[Stay]]:
    found: dict[UUID, list[Stay]] = defaultdict(list)
    for patient, stays in stays_of(session, list(heads)).items():
        found[heads[patient]].extend(stays)
    return found


def questions(session: Session, caller: Caller, *, now: datetime) -> list[Question]:
    """Return the few days that somebody is asked about this week.

    Raises `ForbiddenError` for who is no clinician of a team.
    """
    _answers(caller)
    given = repository.answers_of(session, caller.id, since=now - timedelta(days=7))
    return repository.open_questions(
        session,
        visible_to(caller),
        since=(now - OPEN_FOR - HORIZON - GRACE).date(),
        limit=max(PER_CLINICIAN - given, 0),
    )


def answer(session: Session, caller: Caller, id_: UUID, outcome: str, *, now: datetime) -> None:
    """Keep what a clinician says of a drawn day.

    Raises
    ------
    ForbiddenError
        For who is no clinician of a team.
    NotFoundError
        Where it is none, or of somebody whom the caller may not see.
    InvalidError
        For an answer that is none.
    ConflictError
        Where it was answered already.
    """
    _answers(caller)
    row = repository.question(session, visible_to(caller), id_)
    if row is None:
        raise NotFoundError("no such question")
    if outcome not in tuple(Outcome):
        raise InvalidError("choose one of the answers", field="outcome")
    if not repository.answer(session, id_, Outcome(outcome), caller.id, now):
        raise ConflictError("a colleague has answered this already")
    patients = [row.patient_id]
    record(session, caller, Action.UPDATE, ENTITY, now=now, entity_id=id_, patients=patients)


def _answers(caller: Caller) -> None:
    if caller.role not in MAY:
        raise ForbiddenError("Only physicians and nurses are asked how a day turned out.")
