"""Reads the values that people were scored on, a few hundred rows at a time, and keeps findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, cast, delete, func, select, true
from sqlalchemy.dialects.postgresql import JSONPATH, insert

from app.model_watch.tables import ModelCheck
from ingest.choosing.repository import unfollowed
from ingest.merging.repository import STANDING
from ingest.people.tables import PatientMerge
from monitoring.contesting.repository import fed_wrongly
from monitoring.tables import AssessmentRow, LastJudged, made_here

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

MOST_PEOPLE = 5000  # chosen by a hash that differs from day to day; enough for any site (E)
STREAMED = 250
FEATURE = cast("$.contributions[*].feature", JSONPATH)
VALUE = cast("$.contributions[*].value", JSONPATH)


def lately(
    session: Session, *, since: datetime, salt: str, most: int = MOST_PEOPLE
) -> Iterator[dict[str, float | None]]:
    """Yield the features of the last score of each of some people, no more than a few held.

    Of each person one, whichever of their records has it: several would say the same thing twice.
    None of whoever is not to be followed now, none that another system made, and none of which
    a clinician upheld that what went into it was wrong (SEC-46).
    """
    chosen, row = _chosen(since, salt, most).subquery(), AssessmentRow
    last = (
        select(
            func.jsonb_path_query_array(row.risk, FEATURE).label("features"),
            func.jsonb_path_query_array(row.risk, VALUE).label("measured"),
        )
        .where(
            row.patient_id == func.any(chosen.c.records),
            row.at >= since,
            func.jsonb_typeof(row.risk) == "object",
            made_here(row),
            ~fed_wrongly(row.id),
        )
        .order_by(row.at.desc())
        .limit(1)
        .lateral()
    )
    query = select(last.c.features, last.c.measured).select_from(chosen).join(last, true())
    for features, measured in session.execute(query, execution_options={"yield_per": STREAMED}):
        yield dict(zip(features, measured, strict=True))


def _chosen(since: datetime, salt: str, most: int) -> Select[Any]:
    """Return some people who were judged since an instant, each once with all these records."""
    judged = LastJudged.patient_id
    head = func.coalesce(PatientMerge.survivor_id, judged)
    return (
        select(func.array_agg(judged).label("records"))
        .outerjoin(PatientMerge, (PatientMerge.merged_id == judged) & STANDING)
        .where(LastJudged.at >= since, judged.not_in(unfollowed()))
        .group_by(head)
        .order_by(func.md5(cast(head, Text).concat(salt)))
        .limit(most)
    )


def keep(  # noqa: PLR0913 (a finding has this many facts)
    session: Session, what: str, model_id: str, day: date, *, at: datetime, found: dict[str, Any]
) -> None:
    """Keep what was found of a model on a day, in place of what was found earlier that day."""
    row = ModelCheck
    same = (row.what == what, row.model_id == model_id, row.day == day)
    session.execute(delete(row).where(*same))
    session.execute(insert(row).values(what=what, model_id=model_id, day=day, at=at, found=found))


def newest(session: Session, what: str, model_id: str) -> ModelCheck | None:
    """Return the last finding of a model, or None."""
    row = ModelCheck
    query = select(row).where(row.what == what, row.model_id == model_id)
    return session.scalar(query.order_by(row.day.desc()).limit(1))


def forget(session: Session, *, before: date) -> None:
    """Delete what was found long ago."""
    session.execute(delete(ModelCheck).where(ModelCheck.day < before))
