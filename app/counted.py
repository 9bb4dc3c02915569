"""Observations as they are handed out whole: each with the number of readings it counts for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from fhir.summed import counting
from ingest.counting.repository import counts
from ingest.receipt import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from app.fhir_api.walk import Hit


def counted(session: Session, hits: Sequence[Hit]) -> list[Hit]:
    """Return what was found, Observations with their counts (decisions 56, 59)."""
    known = counts(session, [UUID(hit.id) for hit in hits if hit.kind == Kind.OBSERVATION])
    return [
        replace(hit, body=counting(hit.body, known.get(UUID(hit.id), 1)))
        if hit.kind == Kind.OBSERVATION
        else hit
        for hit in hits
    ]
