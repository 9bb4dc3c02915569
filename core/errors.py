"""What can go wrong in a use case, in the program's own words: no HTTP in here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence by its English text, and the facts that stand in it.

    A page says it in its reader's language (UX-17); programs and logs have it in English. A fact
    may be a sentence itself, or several of them.
    """

    text: str
    facts: Mapping[str, object] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        """Return it in English; without facts as it stands, since data may hold braces."""
        if not self.facts:
            return self.text
        return self.text.format_map({name: _english(each) for name, each in self.facts.items()})


def _english(fact: object) -> object:
    return "; ".join(map(str, fact)) if isinstance(fact, tuple) else fact


class WardlightError(Exception):
    """A refusal that a caller can understand and act on.

    `sentence` and `facts` are what a page says in its reader's language, `message` is their
    English.
    """

    def __init__(
        self,
        said: str | Sentence,
        *,
        field: str = "",
        facts: Mapping[str, object] | None = None,
    ) -> None:
        whole = said if isinstance(said, Sentence) else Sentence(said, facts or {})
        self.sentence, self.facts, self.message = whole.text, whole.facts, str(whole)
        self.field = field
        super().__init__(self.message)


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


class UnequippedError(WardlightError):
    """The installation lacks what it takes; the words say what somebody has to add to it."""


class LaterError(WardlightError):
    """Nothing is wrong with the request, only with its time; `after` is when to come again."""

    def __init__(self, said: str | Sentence, *, after: int) -> None:
        super().__init__(said)
        self.after = after  # seconds


class ThrottledError(LaterError):
    """The caller has used up a budget (SEC-36)."""


class OverloadedError(LaterError):
    """Work has piled up; what can wait is asked to (REL-25)."""
