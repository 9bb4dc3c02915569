"""Strict JSON and strict R4: what a lenient parser would let through is refused here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fhir.outcome import Issue, Refusal


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of SEC-32: bytes, levels of nesting, bytes of one string."""

    size: int = 1 << 20
    depth: int = 64
    string: int = 64 << 10


SINGLE = Limits()
BUNDLE = Limits(size=16 << 20)


def decode(raw: bytes, limits: Limits = SINGLE) -> dict[str, Any] | Refusal:
    """Return the JSON object, or refuse: not JSON, ambiguous JSON, or out of bounds."""
    raise NotImplementedError


def check(resource: dict[str, Any]) -> tuple[Issue, ...] | Refusal:
    """Check the structure of any R4 resource; return warnings, or why it is not R4."""
    raise NotImplementedError
