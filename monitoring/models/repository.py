"""Queries for learned models, and for what those in shadow said."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import exists, select, text, update

from core.errors import NotFoundError
from core.rows import insert_rows
from monitoring.models.standing import By, Change, Entry, Happened, State
from monitoring.models.tables import LearnedModel, ModelEvent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from monitoring.findings import Assessment

_LOCK = text("select pg_advisory_xact_lock(1464815940, 7)")  # one change of the registry at a time
Scoring = tuple[str, State, "datetime"]


def lock(session: Session) -> None:
    """Let one transaction at a time change the registry; who judges is not held up."""
    session.execute(_LOCK)


def scoring(session: Session) -> list[Scoring]:
    """Return the models that score now: id, active or shadow, and since when, in one query."""
    row = LearnedModel
    query = select(row.id, row.state, row.since).where(row.state.in_([State.ACTIVE, State.SHADOW]))
    return [(each[0], State(each[1]), each[2]) for each in session.execute(query.order_by(row.id))]


def active(session: Session) -> str | None:
    """Return the id of the model that judges; None where the one that ships does."""
    return session.scalar(select(LearnedModel.id).where(LearnedModel.state == State.ACTIVE))


def artefact(session: Session, model_id: str) -> str:
    """Return the text of a stored artefact, which may not load; raise `NotFoundError`."""
    found = session.scalar(select(LearnedModel.artefact).where(LearnedModel.id == model_id))
    if found is None:
        raise NotFoundError("no such model")
    return found


def entries(session: Session) -> list[Entry]:
    """Return all models of the registry, the newest first."""
    row = LearnedModel
    tried = exists().where(ModelEvent.model_id == row.id, ModelEvent.change == Change.SHADOWED)
    query = select(
        *(row.id, row.state, row.card, row.added_at, row.added_by_kind, row.added_by_id),
        *(row.reason, row.since, tried.label("tried")),
    )
    return [
        Entry(
            id=each.id,
            state=State(each.state),
            card=each.card,
            added_at=each.added_at,
            added_by=By(each.added_by_kind, each.added_by_id),
            reason=each.reason,
            since=each.since,
            tried=each.tried,
        )
        for each in session.execute(query.order_by(row.added_at.desc(), row.id))
    ]


def entry(session: Session, model_id: str) -> Entry:
    """Return one model; raise `NotFoundError`."""
    found = next((each for each in entries(session) if each.id == model_id), None)
    if found is None:
        raise NotFoundError("no such model")
    return found


def history(session: Session, model_id: str | None = None) -> list[Happened]:
    """Return what happened to one model, or to all, the newest first."""
    query = select(ModelEvent).order_by(ModelEvent.id.desc())
    if model_id is not None:
        query = query.where(ModelEvent.model_id == model_id)
    return [
        Happened(
            model_id=row.model_id,
            change=Change(row.change),
            at=row.at,
            by=By(row.by_kind, row.by_id),
            reason=row.reason,
            other=row.other_id or "",
        )
        for row in session.scalars(query)
    ]


def add(session: Session, new: Entry, artefact: str) -> None:
    """Add a model with its artefact."""
    session.add(
        LearnedModel(
            id=new.id,
            artefact=artefact,
            card=dict(new.card),
            state=new.state,
            since=new.since,
            added_at=new.added_at,
            added_by_kind=new.added_by.kind,
            added_by_id=new.added_by.id,
            reason=new.reason,
        )
    )
    session.flush()


def stand(session: Session, model_id: str, state: State, *, now: datetime) -> None:
    """Let a model stand elsewhere from now on."""
    row = LearnedModel
    session.execute(update(row).where(row.id == model_id).values(state=state, since=now))


def happened(session: Session, *events: Happened) -> None:
    """Write down what happened."""
    for each in events:
        session.add(
            ModelEvent(
                model_id=each.model_id,
                change=each.change,
                other_id=each.other or None,
                at=each.at,
                by_kind=each.by.kind,
                by_id=each.by.id,
                reason=each.reason,
            )
        )
        session.flush()  # one by one: their order is that of their numbers


def states(session: Session) -> Sequence[State]:
    """Return where each model stands."""
    return [State(each) for each in session.scalars(select(LearnedModel.state))]


_TRIED = {
    "assessment_id": "uuid",
    "model_id": "text",
    "patient_id": "uuid",
    "at": "timestamptz",
    "probability": "float8",
    "tier": "text",
    "judging_id": "text",
    "judging_probability": "float8",
    "judging_tier": "text",
}


def keep_tried(session: Session, judged: Mapping[UUID, Assessment]) -> None:
    """Keep what models in shadow would have said at judgements, by the id of each (AL-21)."""
    rows = [
        (
            *(id_, each.model_id, UUID(found.person_id), found.at),
            *(each.probability, each.tier and each.tier.value),
            *(found.model_id, each.judging, each.judging_tier and each.judging_tier.value),
        )
        for id_, found in judged.items()
        for each in found.tried
    ]
    if rows:
        insert_rows(session, "shadow_score", _TRIED, rows)
