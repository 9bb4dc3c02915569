"""The checklist against settling too early: its items and what may be answered (section 6); pure.

None is needed before acting. The last three of the alternatives are one question: the two that
the system names, each to agree with or to overrule, and what the clinician thinks instead.
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

LONGEST_WORDS = 500
FIRST_OTHER, SECOND_OTHER, OWN_OTHER = "alternative-1", "alternative-2", "alternatives"
OTHERS = (FIRST_OTHER, SECOND_OTHER, OWN_OTHER)
ITEMS = (
    *("repeat", "technique", "symptoms", "medicine"),
    *OTHERS,
    *("trend", "goals", "safety-net"),
)


class Answer(StrEnum):
    """What is said to an item; of an alternative yes agrees with it, and no overrules it."""

    BLANK = ""
    YES = "yes"
    NO = "no"
    NOT_APPLICABLE = "not-applicable"


@dataclass(frozen=True, slots=True)
class Given:
    """One answer, by whom and when; `about` names the alternative that was on the page.

    `number` is that of its row, or for what a form sends, of the row that stood when the page
    was made: 0 where there was none.
    """

    item: str
    answer: Answer
    words: str = ""
    about: str = ""
    by: UUID | None = None
    at: datetime | None = None
    number: int = 0

    @property
    def said(self) -> tuple[str, str, str]:
        """Return what a later answer must differ from to be one."""
        return str(self.answer), self.words, self.about

    def stands_for(self, about: str) -> bool:
        """Return whether it answers what is asked now: nobody agreed to another alternative."""
        return self.about == about


def given(item: str, answer: str, words: str = "", about: str = "", number: int = 0) -> Given:
    """Return an answer as a form sent it; raise `InvalidError` for what is no answer."""
    if item not in ITEMS:
        raise InvalidError("there is no such item of the checklist", field="item")
    if answer not in tuple(Answer):
        raise InvalidError("answer yes, no, or not applicable", field="answer")
    if len(words) > LONGEST_WORDS:
        raise InvalidError(
            "at most {most} characters", field="words", facts={"most": LONGEST_WORDS}
        )
    named = about[:LONGEST_WORDS] if item in (FIRST_OTHER, SECOND_OTHER) else ""
    return Given(item, Answer(answer), words.strip(), named, number=number)


def shown(given: Given, row: Given | None) -> Given:
    """Return what a page showed for an item: the answer of a row, blank where it answers less."""
    if row is not None and row.stands_for(given.about):
        return row
    return Given(given.item, Answer.BLANK, about=given.about)


def ticked(answers: Iterable[Given]) -> list[str]:
    """Return the items that were answered with yes, in the order of the list.

    The alternatives count as considered once one of them was agreed with, overruled, or
    replaced by own words.
    """
    known = {each.item: each for each in answers}
    found = [item for item in ITEMS if item not in OTHERS and _yes(known.get(item))]
    others = [known[item] for item in OTHERS if item in known]
    if any(each.answer in (Answer.YES, Answer.NO) or each.words for each in others):
        found.insert(sum(ITEMS.index(each) < ITEMS.index(OWN_OTHER) for each in found), OWN_OTHER)
    return found


def _yes(given: Given | None) -> bool:
    return given is not None and given.answer is Answer.YES
