"""Artefacts that load, made from the one that ships."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from core.clock import utc_now
from monitoring.models.tables import LearnedModel
from monitoring.risk import digest, load

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from monitoring.models.standing import State


@cache
def _shipped() -> str:
    return files("monitoring").joinpath("artefact.json").read_text(encoding="utf-8")


def artefact_that_ships() -> dict[str, Any]:
    """Return the artefact as it is."""
    payload: dict[str, Any] = json.loads(_shipped())
    return payload


def artefact(salt: str = "", **changed: Any) -> dict[str, Any]:
    """Return the artefact that ships, changed, with a hash that holds."""
    payload = artefact_that_ships() | changed
    payload["training"] = {**payload["training"], "salt": salt}
    return payload | {"sha256": digest(payload)}


def eager() -> dict[str, Any]:
    """Return an artefact whose tiers begin at once: it would alert of everybody."""
    tiers: list[dict[str, Any]] = artefact_that_ships()["thresholds"]
    return artefact("eager", thresholds=[{**each, "probability": 0.0001} for each in tiers])


def torn(session: Session, state: State) -> str:
    """Put in a model as only a fault below the application can leave it."""
    now = utc_now()
    row = LearnedModel(
        id="risk-00000000torn",
        artefact=json.dumps(artefact("torn"))[:-40],
        card={},
        state=state,
        since=now,
        added_at=now,
        added_by_kind="system",
        reason="",
    )
    session.add(row)
    session.flush()
    return row.id


SHIPPED = load(artefact_that_ships()).id  # its name
