"""What patients and carers are told, as messages of a catalogue, and why somebody was not told.

What leaves the login wall is one constant sentence and a link (SEC-23). The rest is shown on
their own page, whole sentences in the order of alerting.md section 8: what was noticed and what
it can mean, what was done, what to do now, when to call, and that it is no diagnosis.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from monitoring import words
from monitoring.phrases import Day, Instant, Phrase

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from monitoring.findings import Says

NOTICE = "You have a message from your care team."


class Kind(StrEnum):
    """What a message is about."""

    REPEAT = "repeat"  # a value is to be measured again (AL-20)
    DAILY = "daily"  # how are you today?
    INSTRUCTION = "instruction"  # of a RED, at once
    WITHDRAWN = "withdrawn"  # of a RED that they were told of
    REVIEW = "review"  # what came of it, after somebody looked
    VISIT = "visit"  # a video visit was booked
    VISIT_OFF = "visit-off"  # and was cancelled


class State(StrEnum):
    """What is known of a message; opened and answered are told by their times."""

    WAITING = "waiting"
    HANDED_OVER = "handed-over"
    DELIVERED = "delivered"
    FAILED = "failed"
    WITHHELD = "withheld"
    CANCELLED = "cancelled"


class Why(StrEnum):
    """Why somebody was told, or was not (AL-06)."""

    ASKED = "a-value-is-doubtful"
    DUE = "daily-question-due"
    RED = "a-red-opened"
    WITHDRAWN = "the-red-was-withdrawn"
    REVIEWED = "told-by-a-clinician"
    VISIT_BOOKED = "a-video-visit-was-booked"
    VISIT_CANCELLED = "the-video-visit-was-cancelled"
    REQUESTED = "a-new-link-was-asked-for"
    NO_CONTACT = "no-number-known"
    NO_CONSENT = "carer-has-not-agreed"
    STOPPED = "does-not-want-messages"
    NUMBER_REFUSED = "number-unknown-to-the-provider"
    NO_GATEWAY = "no-gateway-configured"
    JOINED = "an-open-message-asks-for-it"
    ABSENT = "in-hospital-or-paused"
    DECEASED = "patient-has-died"
    UNMONITORED = "patient-does-not-want-monitoring"
    RESTRICTED = "use-of-the-data-is-restricted"
    TOO_LATE = "too-late-to-be-of-use"
    OVER = "the-red-was-over"
    VISIT_OVER = "the-video-visit-was-over"
    ANOTHER_RED = "another-red-stands"
    TAKEN_BACK = "taken-back-by-the-clinician"
    PARTED = "records-are-two-people"
    GIVEN_UP = "every-try-failed"

    @property
    def words(self) -> str:
        """Return the reason as a clinician's page says it."""
        return _WORDS[self]


_WORDS = {
    Why.ASKED: "a value is to be measured again",
    Why.DUE: "the daily question",
    Why.RED: "a RED opened",
    Why.WITHDRAWN: "the RED was withdrawn",
    Why.REVIEWED: "told after a review",
    Why.VISIT_BOOKED: "a video visit was booked",
    Why.VISIT_CANCELLED: "the video visit was cancelled",
    Why.REQUESTED: "asked for a new link",
    Why.NO_CONTACT: "not told: no number for messages is known",
    Why.NO_CONSENT: "not told: the carer has not agreed",
    Why.STOPPED: "not told: they do not want messages",
    Why.NUMBER_REFUSED: "not told: the provider knows no such number",
    Why.NO_GATEWAY: "not told: no gateway for messages is configured",
    Why.JOINED: "not told again: an open message asks for it",
    Why.ABSENT: "not told: in hospital, or monitoring is paused",
    Why.DECEASED: "not told: the patient has died",
    Why.UNMONITORED: "not told: the patient does not agree to monitoring",
    Why.RESTRICTED: "not told: the patient restricts the use of their data",
    Why.TOO_LATE: "not told: it came too late to be of use",
    Why.OVER: "not told: the RED was over before it could leave",
    Why.VISIT_OVER: "not told: the video visit was not booked any more",
    Why.ANOTHER_RED: "not told that it was withdrawn: another RED stands",
    Why.TAKEN_BACK: "not told: the clinician took it back",
    Why.PARTED: "not told: it is about a record that turned out to be another person's",
    Why.GIVEN_UP: "not told: every try to send it failed",
}
# What a clinician may say was done, and what is to be done now; each is a whole sentence.
DONE = {
    "looked": "A member of your care team has looked at your readings.",
    "spoken": "A member of your care team has spoken with you about it.",
    "treatment": "Your treatment was changed, as it was explained to you.",
    "visit": "A visit has been arranged with you.",
}
NEXT = {
    "usual": "Please go on measuring as usual.",
    "again": "Please measure again on the morning of {day}, at the same time.",
    "medicine": "Please take your medicines as you were told.",
    "call": "If you feel worse, call your care team in its working hours.",
}
AFTER_REVIEW = (
    "At night nobody may read your messages. "
    "If breathing gets hard at rest, you have chest pain, or you need help at once, "
    "call {emergency} now. This message is not a diagnosis."
)


CORRECTED = (
    "We wrote to you because of one of your measurements. "
    "It has been corrected or taken back, so what we wrote does not hold any more."
)
INVITED = "Your care team would like to speak with you by video: {at}."
HOW_TO_COME = (
    "Please open this page again at that time and press the button. "
    "You need a telephone, tablet or computer with a camera and a microphone."
)
CANNOT_COME = "If you cannot come, please call your care team in its working hours."
NO_VISIT = "The video visit that was planned does not take place: {at}."
VISIT_OVER = "The video visit is over."


@dataclass(frozen=True, slots=True)
class Review:
    """What a clinician tells a patient after looking: keys of `DONE` and `NEXT`."""

    done: str
    next: str


def notice(language: str, link: str) -> str:
    """Return all that leaves: the constant sentence in a language, and the link."""
    return f"{words.text(NOTICE, language)} {link}"


def instruction(says: Says, closing: Phrase | None = None) -> list[Phrase]:
    """Return what is told of a RED at once: the finding's own words, and its closing.

    `closing` is said instead of when the care team will be in touch, where nobody reads.
    """
    return [Phrase(says.patient, says.facts), closing or Phrase(says.closing)]


def taken_back() -> list[Phrase]:
    """Return what is told where the reading behind a RED was taken back."""
    return [Phrase(each) for each in (CORRECTED, NEXT["usual"], AFTER_REVIEW)]


def what_next(key: str, *, today: date) -> Phrase:
    """Return what is to be done; a day is named, because nobody knows when it will be read."""
    words_ = NEXT[key]
    tomorrow = Day(today.toordinal() + 1)
    return Phrase(words_, {"day": tomorrow} if "{day}" in words_ else {})


def review(says: Says | None, told: Review, *, today: date) -> list[Phrase]:
    """Return what is told after a review; without a finding's words, only what was done.

    `today` is the patient's.
    """
    noticed = [Phrase(says.patient, says.facts)] if says else []
    done, closing = Phrase(DONE[told.done]), Phrase(AFTER_REVIEW)
    return [*noticed, done, what_next(told.next, today=today), closing]


def visit_booked(at: datetime, zone: str) -> list[Phrase]:
    """Return what is told of a video visit; the way in stands beside it on the page."""
    when = Instant(at.timestamp(), zone)
    invited = Phrase(INVITED, {"at": when})
    return [invited, Phrase(HOW_TO_COME), Phrase(CANNOT_COME), Phrase(AFTER_REVIEW)]


def visit_off(at: datetime, zone: str) -> list[Phrase]:
    """Return what is told where a video visit was cancelled."""
    when = Instant(at.timestamp(), zone)
    return [Phrase(NO_VISIT, {"at": when}), Phrase(AFTER_REVIEW)]


def visit_over() -> list[Phrase]:
    """Return what the page of a visit says after it."""
    return [Phrase(VISIT_OVER), Phrase(AFTER_REVIEW)]


def spoken(said: Iterable[Phrase], language: str, *, emergency: str) -> list[str]:
    """Return phrases as a patient reads them, each a paragraph; `emergency` is the number."""
    number = {"emergency": Phrase(emergency or words.NO_NUMBER)}
    return [
        words.phrase(Phrase(each.id, {**each.facts, **number}, each.plural), language, spoken=True)
        for each in said
    ]
