"""That somebody contests one score: who, on what ground, and what a clinician answers (pure).

A score is an automated opinion about a person, who may have it looked at by a human (Art. 22(3)
GDPR). The score stays as it was made; the doubt and the answer stand beside it (SEC-46).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from core.errors import InvalidError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

NOTE_LENGTH = 500
# Art. 12(3) GDPR gives a month at the most. A score is of today, so a week (E).
ANSWER_WITHIN = timedelta(days=7)


class By(StrEnum):
    """Who contests a score."""

    PATIENT = "patient"
    CARER = "carer"
    CLINICIAN = "clinician"


class Ground(StrEnum):
    """Why a score is contested."""

    READING = "wrong-reading"
    FACT = "wrong-fact"  # an age, a condition, a medicine of somebody else
    DEVICE = "device"
    EXPLAINED = "known-explanation"  # what went in is right, and what came out is not news
    OTHER = "other"


class Ruling(StrEnum):
    """What a clinician answers."""

    UPHELD = "upheld"
    NOT_UPHELD = "not-upheld"


WHO = {
    By.PATIENT: "the patient",
    By.CARER: "a carer",
    By.CLINICIAN: "a clinician",
}
WHY = {
    Ground.READING: "a reading is wrong",
    Ground.FACT: "a fact about the person is wrong",
    Ground.DEVICE: "the device is at fault",
    Ground.EXPLAINED: "there is a known explanation",
    Ground.OTHER: "another reason",
}
RULED = {
    Ruling.UPHELD: "Upheld: the score was wrong about the person.",
    Ruling.NOT_UPHELD: "Not upheld: the score stands.",
}
# What went into the score was wrong. What came of such a day says nothing of the model, which
# therefore neither learns from it nor is measured by it. Where there is an explanation, what went
# in was right: the day counts, or a model would look better than it is.
WRONG_INPUTS = frozenset({Ground.READING, Ground.FACT, Ground.DEVICE})


@dataclass(frozen=True, slots=True)
class Answer:
    """What a clinician answered, and when."""

    ruling: Ruling
    note: str
    author: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Contest:
    """One score that is contested; `answer` is None while nobody has answered."""

    id: UUID
    patient_id: UUID
    assessment_id: UUID
    judged_at: datetime
    model_id: str
    by: By
    ground: Ground
    note: str
    author: str  # who wrote it down
    at: datetime
    answer: Answer | None = None

    @property
    def changed_at(self) -> datetime:
        """Return when something was last said of it."""
        return self.answer.at if self.answer else self.at

    def overdue(self, now: datetime) -> bool:
        """Return whether somebody should have answered by now."""
        return self.answer is None and now - self.at >= ANSWER_WITHIN


class Stands(StrEnum):
    """How things stand with the contested scores of one alert, in words for its row."""

    WAITS = "its score is contested"
    UPHELD = "its score was contested, and that was upheld"
    NOT_UPHELD = "its score was contested, and stands"

    @property
    def code(self) -> str:
        """Return what programs call it."""
        return self.name.lower().replace("_", "-")


# What may lie open for the world to read: that it is so, and nothing of whose or why.
MEANS = {
    Stands.WAITS: "Somebody contests the score, and no clinician has answered yet.",
    Stands.UPHELD: "A clinician has answered that the score was wrong about the person.",
    Stands.NOT_UPHELD: "A clinician has looked at the score again, and it stands.",
}


def stands(rulings: Iterable[Ruling | None]) -> Stands | None:
    """Return how it stands: what waits goes first, then what was upheld; None without any."""
    found = set(rulings)
    if None in found:
        return Stands.WAITS
    if Ruling.UPHELD in found:
        return Stands.UPHELD
    return Stands.NOT_UPHELD if found else None


def checked(note: str) -> str:
    """Return a note as it is kept.

    Raises
    ------
    InvalidError
        Without words, or with too many.
    """
    said = note.strip()
    if not said:
        raise InvalidError("say it in a few words", field="note")
    if len(said) > NOTE_LENGTH:
        raise InvalidError(
            "a note has at most {most} characters", field="note", facts={"most": NOTE_LENGTH}
        )
    return said
