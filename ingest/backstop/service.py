"""Catches what nobody foresaw of one entry, so that the good ones beside it are taken (FHIR-07)."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from core.logging import logger, place_of
from ingest.receipt import Answer, refuse

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
log = logger(__name__)

# Faults of ours. What the database says is none of them: it is about more than one entry.
UNFORESEEN = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
NOT_STORED = "a fault of this server: nothing of this was stored; send it again later"


def guarded(kind: str, reader: Callable[[], T | Answer]) -> T | Answer:
    """Return what a reader makes of a resource of a type, or that it cannot be read."""
    try:
        return reader()
    except UNFORESEEN as error:
        log.error("entry not read", error=type(error).__name__, at=place_of(error))
        return refuse(400, "structure", "this cannot be read as FHIR R4", kind)


def not_stored(kind: str, error: Exception) -> Answer:
    """Return the answer where a readable resource could not be stored: it may be right."""
    log.error("entry not stored", error=type(error).__name__, at=place_of(error))
    return refuse(500, "exception", NOT_STORED, kind)
