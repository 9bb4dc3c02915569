"""What a page says after an act, and whether it may be taken back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

WORDS = {
    "taken": "You have taken the alert."
    " Without a contact written down or an outcome it escalates again.",
    "together": "You have taken them together. Each waits for its own outcome.",
    "claimed": "Others see that you look at it. Its escalation goes on.",
    "passed-on": "Your colleague is asked to take it. Unanswered, it comes back to you.",
    "put-off": "The alert is put off. Anything worse brings it back at once.",
    "called-back": "The alert is open again.",
    "contact": "The contact is written down.",
    "visit-booked": "The video visit is booked. The patient is told in a few seconds.",
    "visit-held": "The video visit is written down as a contact.",
    "visit-missed": "It is written down that the patient did not come.",
    "visit-cancelled": "The video visit is cancelled. Who was told of it is told.",
    "noted": "Your note is kept.",
    "checked": "Your answers are kept.",
    "minutes": "The minutes are written down.",
    "corrected": "The entry is corrected; both stay.",
    "escalated": "The next step of the alert was taken now.",
    "undone": "Your last act is taken back; both stay on the timeline.",
    "resolved": "The alert is resolved with your outcome.",
    "resubmitted": "The work is tried again.",
    "discarded": "The work is discarded; your reason stays with it.",
    "consent": "It is written down, and counts from the next message on.",
    "daily": "The hour of the daily question is kept.",
    "plan-saved": "The plan is saved and in force; the person is judged anew.",
    "paused": "The pause is written down. Readings are judged all the same, and nobody is told.",
    "pause-ended": "The pause has ended. What was held is told now.",
    "promoted": "The model judges from the next judgement on, everywhere.",
    "rolled-back": "The promotion is taken back: the model before it judges again.",
    "in-shadow": "The model scores beside the one that judges, and nobody is told.",
    "retired": "The model is retired and scores nobody.",
    "enrolled": "The person is enrolled by your decision.",
    "followed-up": "Your answer is kept.",
    "retraining": "A training is due; its process starts within a minute.",
    "clocks-on": "The clocks of the programme are on for this team.",
    "clocks-off": "The clocks of the programme are off for this team; what was written down stays.",
    "assumed": "The assumptions are kept for the team.",
    "weekly-again": "Another version of the report is due; it is made within a minute or two.",
    "weekly-mail": "You are told by e-mail from the next report on.",
    "weekly-mail-off": "You get no more e-mail about weekly reports.",
    "kept": "It is kept.",
    "suspended": "The integration is refused from its next request on.",
    "role-changed": "The role is changed. The person signs in anew.",
    "joined-team": "The person is of the team from now on.",
    "left-team": "The person is out of the team. Alerts that they had go back to the team.",
    "shut-out": "The person is shut out: no session, no stream and no notice is theirs any more.",
    "let-in": "The person may sign in again.",
    "enrolled-now": "The person is enrolled. Readings with one of their numbers lead to them.",
    "rectified": "The record is corrected; what it said before stays in its history.",
    "number-added": "The number is added. What is sent for it leads to this person.",
    "number-ended": "The number has ended. What is sent for it leads to nobody.",
    "number-moved": "The number is moved. What is sent for it leads to the other person.",
    "merged": "The records are merged, and this one stands for both. It can be taken back.",
    "unmerged": "The records are two people again.",
    "discharged": "Monitoring of the person has ended. They can be enrolled again.",
    "enrolled-again": "The person is monitored again from now on.",
    "facts-changed": "The change is kept with your name; the person is judged anew.",
    "erasure-asked": "The erasure is asked for. Nothing is erased before it is confirmed.",
    "erasure-confirmed": "The erasure is confirmed and is carried out now.",
    "erasure-withdrawn": "The request is withdrawn. Nobody is erased by it.",
    "hold-set": "The hold is set: the person is not erased while it lasts.",
    "hold-released": "The hold is released.",
    "file-discarded": "The file is deleted. Nobody is enrolled by it.",
    "chosen": "It is written down and counts from now on; the person's team sees it.",
    "contested": "It is written down, and waits for a clinician's answer.",
    "contest-answered": "Your answer is kept beside the score.",
    "training-cancelled": "The training is cancelled, and nothing of it is kept.",
}
UNDOABLE = (
    *("taken", "claimed", "passed-on", "put-off", "resolved", "contact", "noted"),
    *("visit-booked", "visit-held", "visit-missed"),
)


@dataclass(frozen=True, slots=True)
class Notice:
    """One line, and the alert whose last act can be taken back for some seconds."""

    words: str
    undo: UUID | None = None
    together: tuple[UUID, ...] = ()  # alerts whose taking can be undone by one button
    seconds: int = 10  # in which it can be
    back: str = ""  # where the button comes back to; the patient where it says nothing
    said: str = ""  # the line itself, where it holds numbers


def notice(done: str, alert: UUID | None = None) -> Notice | None:
    """Return what to say after an act; nothing for a word that is none of ours."""
    if done not in WORDS:
        return None
    return Notice(WORDS[done], alert if done in UNDOABLE else None)
