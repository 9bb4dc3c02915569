"""Whom the privacy officer means, who sees no patient: by a number of a system, exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.audit_search.service import record_called
from core.audit import record
from ingest.merging.repository import survivor

if TYPE_CHECKING:
    from uuid import UUID

    from app.pages.door import Visit
    from core.audit import Action

NOBODY = "Nobody is found by exactly this."


def called(visit: Visit, system: str, value: str, action: Action, entity: str) -> UUID | None:
    """Return whom a number names; that what was to be done found nobody is written down."""
    whose = exactly(visit, system, value, action, entity)
    return survivor(visit.session, whose) if whose else None


def exactly(visit: Visit, system: str, value: str, action: Action, entity: str) -> UUID | None:
    """Return the same by the very record that goes by the number, merged into another or not."""
    whose = record_called(visit.session, system, value) if value.strip() else None
    if whose is None:
        refused = "refused"
        record(visit.session, visit.caller, action, entity, now=visit.now, outcome=refused)
    return whose
