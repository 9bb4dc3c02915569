"""What the forms of an alert send."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from alerts.minutes import LIVE, MOST, Work
from alerts.service import Contact
from core.vitals import Severity

LONGEST = 24 * 14
MOST_NUMBER = 2**63 - 1  # of a row


class Act(BaseModel):
    """What every form sends: what its page showed, and where to come back to."""

    version: int | None = None
    back: str = "patient"
    csrf: str = ""
    form_id: UUID | None = None  # of the form itself, where sending it twice would count twice

    @property
    def said(self) -> str:
        """Return all that it says, but for what ties it to one session."""
        return self.model_dump_json(exclude={"csrf", "form_id"})


class Telling(Act):
    """Whether the patient is told, what was done, and what to do now (`wording.DONE`, `NEXT`)."""

    tell: str = ""
    done: str = ""
    next: str = ""


class Timed(Telling):
    """How long it took, where somebody writes that down, and whether both spoke."""

    minutes: Literal[""] | Annotated[int, Field(ge=1, le=MOST)] = ""
    live: str = ""


class Outcome(Timed):
    """How it turned out, how grave it was shown to be, and what the minutes went into."""

    conclusion: str
    severity: Severity | None = None
    note: str = ""
    work: str = Work.REVIEW


class Note(Act):
    """Words for whoever looks at it next."""

    note: str


class Answers(Act):
    """The checklist as it stood on the page, item by item.

    Each item's choices are fields of its own name, `answer-repeat`: buttons of one name exclude
    each other. A form may send them in one list instead.
    """

    model_config = ConfigDict(extra="allow")

    item: list[str] = []
    answer: list[str] = []
    words: list[str] = []
    about: list[str] = []
    seen: list[Annotated[int, Field(ge=0, le=MOST_NUMBER)]] = []  # the rows that the page showed

    @property
    def answers(self) -> list[str]:
        """Return what was chosen for each item, "" where nothing was."""
        chosen = self.model_extra or {}
        return self.answer or [str(chosen.get(f"answer-{item}", "")) for item in self.item]


class To(Act):
    """Whom to pass it on to, and what to tell them."""

    to: UUID
    note: str = ""


class Until(Act):
    """How long to put it off, and why."""

    hours: Annotated[int, Field(ge=1, le=LONGEST)]
    reason: str = ""


class Reaching(Telling):
    """How the person was, or was not, reached, and how long it took."""

    by: Contact
    reached: Literal["yes", "no"]
    minutes: Literal[""] | Annotated[int, Field(ge=1, le=MOST)] = ""

    @property
    def live(self) -> bool:
        """Return whether both spoke to each other: a message is read later."""
        return self.reached == "yes" and Work(self.by) in LIVE
