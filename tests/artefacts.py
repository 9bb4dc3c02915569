"""Artefacts that load, made from the one that ships."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from monitoring.risk import digest, load


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


SHIPPED = load(artefact_that_ships()).id  # its name
