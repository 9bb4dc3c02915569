"""What is wrong with a form that was not taken, by field, in the reader's words."""

from __future__ import annotations

from collections.abc import Mapping

from app.pages.door import Visit
from app.pages.language import language
from core.errors import ConflictError, InvalidError

Faults = Mapping[str, tuple[str, str]]


class FaultyError(Exception):
    """A form with faults, by field, in the reader's words."""

    def __init__(self, faults: Faults) -> None:
        super().__init__("faults")
        self.faults = faults


REFUSED = (FaultyError, InvalidError, ConflictError)


def faults_of(error: FaultyError | InvalidError | ConflictError, visit: Visit) -> Faults:
    """Return the faults by field; what names no field stands at the reason."""
    if isinstance(error, FaultyError):
        return error.faults
    return {error.field or "reason": (language(visit.language).refusal(error), "")}
