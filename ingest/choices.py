"""What a person lets be done with their data, as of all that was ever said of it (pure).

For each purpose the newest word stands, whoever wrote it down and whichever record of a merged
person it was said of. Where nothing was said, care goes on and nothing beside care begins.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from core.errors import InvalidError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

COMMENT_LENGTH = 500


class Purpose(StrEnum):
    """What data may be used for, each with a word of its own."""

    MONITORING = "monitoring"  # judging readings, and telling of what is found (SEC-47)
    SCORING = "scoring"  # the learned score: without it rules alone judge (SEC-46)
    RESEARCH = "research"
    TRAINING = "training"  # of learned models
    USE = "use"  # anything at all: who says no has the use restricted (SEC-45)


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that was said: of which purpose, yes or no, and from when until when."""

    id: UUID
    patient_id: UUID
    purpose: Purpose
    allowed: bool
    since: datetime
    at: datetime  # when it was written down
    until: datetime | None = None
    comment: str = ""
    author_id: UUID | None = None  # None: it came as a FHIR Consent
    author: str = ""
    part: int = 0  # of a Consent, exceptions last

    def on(self, now: datetime) -> bool:
        """Return whether it holds at an instant."""
        return self.since <= now and (self.until is None or now < self.until)


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands for one person; None where they never said anything of it."""

    said: frozenset[tuple[Purpose, bool]] = frozenset()

    def word(self, purpose: Purpose) -> bool | None:
        """Return what the person said of a purpose, None where nothing."""
        return next((allowed for each, allowed in self.said if each is purpose), None)

    @property
    def restricted(self) -> bool:
        """Return whether data are kept and not used (Art. 18)."""
        return self.word(Purpose.USE) is False

    @property
    def monitored(self) -> bool:
        """Return whether readings may be judged at all: whoever is enrolled, unless they say no."""
        return self.word(Purpose.MONITORING) is not False

    @property
    def scored(self) -> bool:
        """Return whether a learned model may score: unless the person objects (Art. 22)."""
        return self.monitored and not self.restricted and self.word(Purpose.SCORING) is not False

    @property
    def studied(self) -> bool:
        """Return whether research may use the data: only whose yes is on record."""
        return not self.restricted and self.word(Purpose.RESEARCH) is True

    @property
    def teaches(self) -> bool:
        """Return whether a model may be trained on the data: only whose yes is on record."""
        return not self.restricted and self.word(Purpose.TRAINING) is True

    @property
    def followed(self) -> bool:
        """Return whether it may be followed up how a scored day turned out, and tried in shadow.

        That the model in use is right for those it judges is part of their care; so it is done
        unless somebody says no, or the score itself is not made.
        """
        return self.scored and self.word(Purpose.TRAINING) is not False


NOTHING_SAID = Standing()


def standing(choices: Iterable[Choice], *, now: datetime) -> Standing:
    """Return what stands at an instant, by all that was said of one person."""
    newest: dict[Purpose, Choice] = {}
    for each in choices:
        known = newest.get(each.purpose)
        if each.on(now) and (known is None or _order(each) > _order(known)):
            newest[each.purpose] = each
    return Standing(frozenset((each.purpose, each.allowed) for each in newest.values()))


def _order(choice: Choice) -> tuple[datetime, datetime, str, int]:
    return choice.since, choice.at, str(choice.id), choice.part


def check(comment: str) -> None:
    """Refuse to write down a choice without a word of how it was made known.

    Raises
    ------
    InvalidError
        Without a comment, or with one that is too long.
    """
    if not comment.strip():
        raise InvalidError("say how the person made it known", field="comment")
    if len(comment) > COMMENT_LENGTH:
        raise InvalidError("the comment is too long", field="comment")
