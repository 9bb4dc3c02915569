"""What the forms of an alert send."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from alerts.minutes import MOST, Work
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
    """The checklist as it stood on the page, item by item."""

    item: list[str] = []
    answer: list[str] = []
    words: list[str] = []
    about: list[str] = []
    seen: list[Annotated[int, Field(ge=0, le=MOST_NUMBER)]] = []  # the rows that the page showed


class To(Act):
    """Whom to pass it on to."""

    to: UUID


class Until(Act):
    """How long to put it off, and why."""

    hours: Annotated[int, Field(ge=1, le=LONGEST)]
    reason: str = ""


class Reaching(Timed):
    """How the person was, or was not, reached."""

    by: Contact
    reached: Literal["yes", "no"]
