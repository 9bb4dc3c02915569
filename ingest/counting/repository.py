"""Reads for how many Observations count, and lets those just taken in count as they did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.rows import run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

_COUNTS = (
    "select r.resource_id, 1 + r.summed from resource o join reading r"
    " on r.patient_id = o.patient_id and r.effective = o.effective and r.resource_id = o.id"
    " where o.type = 'Observation' and o.id = any(%b::uuid[]) and r.summed > 0"
)
_COUNT_AGAIN = """
update reading r set summed = at.counts - 1
from unnest(%b::uuid[], %b::int4[]) at (id, counts), resource o
where o.type = 'Observation' and o.id = at.id and r.patient_id = o.patient_id
    and r.effective = o.effective and r.resource_id = o.id and r.summed = 0
    and r.ordinal = 0 and not r.superseded and r.quality = 'scored'
returning r.resource_id
"""


def counts(session: Session, observations: Sequence[UUID]) -> dict[UUID, int]:
    """Return for how many each of some Observations counts; those that count once are absent."""
    if not observations:
        return {}
    return {row[0]: row[1] for row in run(session, _COUNTS, list(observations))}


def count_again(session: Session, counting: Mapping[UUID, int]) -> int:
    """Let Observations that were just taken in count as they did elsewhere; return how many."""
    if not counting:
        return 0
    columns = list(counting), list(counting.values())
    return len(run(session, _COUNT_AGAIN, *columns))
