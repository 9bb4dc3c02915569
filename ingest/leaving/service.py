"""Refuses what was measured of somebody while nobody monitored them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.departures import gone_at
from ingest.leaving.repository import spans
from ingest.receipt import refuse_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from ingest.acceptance import Incoming
    from ingest.receipt import Answer
    from ingest.settled import Seen

LEFT = (
    "monitoring of this patient had ended when it was measured, so it is not taken: enrol them"
    " again, or send what was measured before"
)


def after_leaving(session: Session, incoming: Sequence[tuple[Seen, Incoming]]) -> dict[int, Answer]:
    """Refuse what was measured while its person was discharged; what was before is taken."""
    left = spans(session, {each.patient_id for _, each in incoming})
    if not left:
        return {}
    return {
        seen.index: refuse_for(
            each.patient_id, 422, "business-rule", LEFT, f"{each.kind}.effective"
        )
        for seen, each in incoming
        if any(gone_at(left.get(each.patient_id, ()), one.effective) for one in each.candidates)
    }
