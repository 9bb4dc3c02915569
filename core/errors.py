"""What can go wrong in a use case, in the program's own words: no HTTP in here."""

from __future__ import annotations


class WardlightError(Exception):
    """A refusal that a caller can understand and act on."""

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class NotFoundError(WardlightError):
    """It does not exist, or the caller may not know that it does (SEC-12)."""


class GoneError(NotFoundError):
    """It was here, and was taken away."""


class ConflictError(WardlightError):
    """Somebody else was first, or the state does not allow it."""


class ForbiddenError(WardlightError):
    """The caller is known and may not do this."""


class UnauthenticatedError(WardlightError):
    """The caller is not known."""


class InvalidError(WardlightError):
    """The request is understood and wrong; `field` names the element."""


class LaterError(WardlightError):
    """Nothing is wrong with the request, only with its time; `after` is when to come again."""

    def __init__(self, message: str, *, after: int) -> None:
        super().__init__(message)
        self.after = after  # seconds


class ThrottledError(LaterError):
    """The caller has used up a budget (SEC-36)."""


class OverloadedError(LaterError):
    """Work has piled up; what can wait is asked to (REL-25)."""
