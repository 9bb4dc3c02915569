"""How an episode may end in a clinician's hands: labels, sub-reasons, and what they count as.

The table is section 7 of the alerting design; a label is required to resolve.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.errors import InvalidError, Sentence

NOTE_LENGTH = 2000


class Label(StrEnum):
    """What the alert turned out to be."""

    TRUE_ACTIONABLE = "true-actionable"
    TRUE_NO_ACTION = "true-no-action-needed"
    FALSE_MEASUREMENT = "false-measurement"
    FALSE_PHYSIOLOGY = "false-physiology-benign"
    DUPLICATE = "duplicate"
    UNSURE = "unsure"


WORDS: dict[str, str] = {
    Label.TRUE_ACTIONABLE: "True, something was done",
    Label.TRUE_NO_ACTION: "True, nothing needed doing",
    Label.FALSE_MEASUREMENT: "False: the measurement",
    Label.FALSE_PHYSIOLOGY: "False: harmless for this person",
    Label.DUPLICATE: "Duplicate",
    Label.UNSURE: "Unsure",
}

ACTIONS: dict[Label, tuple[str, ...]] = {
    Label.TRUE_ACTIONABLE: (
        "call",
        "medicine-change",
        "visit",
        "video-visit",
        "emergency-department",
        "admission",
    ),
    Label.TRUE_NO_ACTION: ("known-and-accepted", "already-handled"),
    Label.FALSE_MEASUREMENT: ("technique", "device", "other-person", "unit"),
    Label.FALSE_PHYSIOLOGY: ("limit-wrong-for-person", "life-event"),
    Label.DUPLICATE: (),
    Label.UNSURE: (),
}


@dataclass(frozen=True, slots=True)
class Resolution:
    """What the clinician concluded: a label, its sub-reason, and words of their own."""

    label: Label
    action: str = ""
    note: str = ""


def resolution(label: str, action: str = "", note: str = "") -> Resolution:
    """Return a valid resolution from what a form sent.

    Raises
    ------
    InvalidError
        For an unknown label, a sub-reason that is not one of the label's (required where the
        label has any), or a note of more than 2,000 characters.
    """
    if label not in tuple(Label):
        raise InvalidError("choose how this alert turned out", field="label")
    known = ACTIONS[Label(label)]
    if known and action not in known:
        raise InvalidError(
            "choose one of: {choices}", field="action", facts={"choices": ", ".join(known)}
        )
    if not known and action:
        raise InvalidError(
            "the outcome “{outcome}” takes no sub-reason",
            field="action",
            facts={"outcome": Sentence(WORDS[label])},
        )
    if len(note) > NOTE_LENGTH:
        raise InvalidError(
            "a note has at most {most} characters", field="note", facts={"most": NOTE_LENGTH}
        )
    return Resolution(Label(label), action, note.strip())
