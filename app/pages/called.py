"""Whom the privacy officer means, who sees no patient: by a number of a system, exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.audit_search.service import patient_called
from core.audit import record

if TYPE_CHECKING:
    from uuid import UUID

    from app.pages.door import Visit
    from core.audit import Action

NOBODY = "Nobody is found by exactly this."


def called(visit: Visit, system: str, value: str, action: Action, entity: str) -> UUID | None:
    """Return whom a number names; that what was to be done found nobody is written down."""
    whose = patient_called(visit.session, system, value) if value.strip() else None
    if whose is None:
        refused = "refused"
        record(visit.session, visit.caller, action, entity, now=visit.now, outcome=refused)
    return whose
