"""Finds the names of practitioners and teams, and says whom a recipient key stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select

from alerts.routing import FALLBACK, SUPPORT
from ingest.repository import clinicians
from ingest.tables import CareTeam

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy.orm import Session

UNKNOWN = "a colleague"
LANES = {FALLBACK: "fallback team", SUPPORT: "data-quality support"}


def recipient_name(key: str, names: Mapping[UUID, str]) -> str:
    """Return whom a recipient key stands for."""
    if key in LANES:
        return LANES[key]
    return names.get(UUID(key.partition(":")[2]), UNKNOWN)


def names(session: Session, ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return the names of practitioners and teams."""
    wanted = list(ids)
    if not wanted:
        return {}
    teams = session.execute(select(CareTeam.id, CareTeam.name).where(CareTeam.id.in_(wanted)))
    return clinicians(session, wanted) | {row[0]: row[1] for row in teams}
