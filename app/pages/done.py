"""What a page says after an act, and whether it may be taken back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

WORDS = {
    "taken": "You have taken the alert. Its escalation waits for your outcome.",
    "claimed": "Others see that you look at it. Its escalation goes on.",
    "passed-on": "Your colleague is asked to take it. Unanswered, it comes back to you.",
    "put-off": "The alert is put off. Anything worse brings it back at once.",
    "called-back": "The alert is open again.",
    "contact": "The contact is written down.",
    "escalated": "The next step of the alert was taken now.",
    "undone": "Your last act is taken back; both stay on the timeline.",
    "resolved": "The alert is resolved with your outcome.",
    "resubmitted": "The work is tried again.",
    "discarded": "The work is discarded; your reason stays with it.",
    "consent": "It is written down, and counts from the next message on.",
    "daily": "The hour of the daily question is kept.",
    "enrolled": "The person is enrolled by your decision.",
}
UNDOABLE = ("taken", "claimed", "passed-on", "put-off", "resolved")


@dataclass(frozen=True, slots=True)
class Notice:
    """One line, and the alert whose last act can be taken back for some seconds."""

    words: str
    undo: UUID | None = None


def notice(done: str, alert: UUID | None = None) -> Notice | None:
    """Return what to say after an act; nothing for a word that is none of ours."""
    if done not in WORDS:
        return None
    return Notice(WORDS[done], alert if done in UNDOABLE else None)
