"""Which Observations readings came from: what a judgement rests on, as references."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.fhir_api.scope import uuids

if TYPE_CHECKING:
    from collections.abc import Iterable


def observations(readings: Iterable[str]) -> list[str]:
    """Return references to the Observations of readings, once each: their id begins with its id."""
    found = dict.fromkeys(uuids(each.partition("/")[0] for each in readings if "/" in each))
    return [f"Observation/{each}" for each in found]
