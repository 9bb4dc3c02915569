"""Reads one Observation as received: four answers, and never a guess (`fhir.md` section 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fhir.measurement import Measurement, ParsedObservation, When

if TYPE_CHECKING:
    from fhir.outcome import Refusal

__all__ = ["Measurement", "ParsedObservation", "When", "parse"]


def parse(raw: bytes) -> ParsedObservation | Refusal:
    """Return what the bytes of one Observation mean, or why they are not taken."""
    raise NotImplementedError
