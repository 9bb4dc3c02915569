"""Reads the values that people were scored on, a few hundred rows at a time, and keeps findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert

from app.model_watch.tables import ModelCheck

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from sqlalchemy.orm import Session

MOST_PEOPLE = 5000  # chosen by a hash that differs from day to day; enough for any site (E)
STREAMED = 250

# Of each person the last score alone: several of one person would say the same thing twice.
_LATELY = text("""
select scored.features, scored.measured
from (
    select patient_id from last_judged where at >= :since
    order by md5(patient_id::text || :salt) limit :most
) chosen
cross join lateral (
    select
        jsonb_path_query_array(risk, '$.contributions[*].feature') as features,
        jsonb_path_query_array(risk, '$.contributions[*].value') as measured
    from assessment
    where assessment.patient_id = chosen.patient_id and at >= :since
        and jsonb_typeof(risk) = 'object'
    order by at desc limit 1
) scored
""")


def lately(
    session: Session, *, since: datetime, salt: str, most: int = MOST_PEOPLE
) -> Iterator[dict[str, float | None]]:
    """Yield the features of the last score of each of some people, no more than a few held."""
    rows = session.execute(
        _LATELY,
        {"since": since, "salt": salt, "most": most},
        execution_options={"yield_per": STREAMED},
    )
    for features, measured in rows:
        yield dict(zip(features, measured, strict=True))


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
