"""Which changes of an episode are legal, and why the others are refused (AL-04)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.errors import Sentence
from core.vitals import Severity


class State(StrEnum):
    """Where an episode stands."""

    OPEN = "open"
    CLAIMED = "claimed"  # somebody looks at it; its escalation goes on
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"
    AUTO_CLOSED = "auto-closed"
    WITHDRAWN = "withdrawn"

    @property
    def ended(self) -> bool:
        """Return whether nothing can happen to it any more."""
        return self not in LIVE

    @property
    def owned(self) -> bool:
        """Return whether a person has taken it."""
        return self is State.ACKNOWLEDGED

    @property
    def waits(self) -> bool:
        """Return whether it waits for somebody to take it: nobody owns or postponed it."""
        return self in (State.OPEN, State.CLAIMED)


LIVE = (State.OPEN, State.CLAIMED, State.ACKNOWLEDGED, State.SNOOZED)
CLEARS_ALONE = (Severity.YELLOW, Severity.INFO, Severity.DQ)


class Event(StrEnum):
    """What may happen to an episode."""

    FOUND = "found"  # the same or a lesser finding
    ROSE = "rose"
    LOWERED = "lowered"  # its gravest finding lost its cause, a lesser one stands
    CLAIM = "claim"
    CLAIM_LAPSED = "claim-lapsed"
    ACKNOWLEDGE = "acknowledge"
    ACK_EXPIRED = "ack-expired"
    DELEGATE = "delegate"
    ACCEPT = "accept"  # whom it was delegated to takes it
    RETURNED = "returned"  # nobody accepted
    ACCESS_ENDED = "access-ended"  # whoever has it may not see the patient any more
    SNOOZE = "snooze"
    SNOOZE_ENDED = "snooze-ended"
    CONTACTED = "contacted"
    ESCALATE = "escalate"
    RESOLVE = "resolve"
    CLEARED = "cleared"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class Refused:
    """The change is not legal; the reason is for whoever asked.

    `moved` says that the alert moved on: somebody may have been first.
    """

    reason: Sentence
    moved: bool = True


_STAYS = {state: state for state in LIVE}
_ACKNOWLEDGED = {State.ACKNOWLEDGED: State.ACKNOWLEDGED}
_NEXT: dict[Event, dict[State, State]] = {
    Event.FOUND: _STAYS,
    Event.ROSE: dict.fromkeys(LIVE, State.OPEN),
    Event.LOWERED: _STAYS,
    Event.CLAIM: {State.OPEN: State.CLAIMED},
    Event.CLAIM_LAPSED: {State.CLAIMED: State.OPEN},
    Event.ACKNOWLEDGE: dict.fromkeys((State.OPEN, State.CLAIMED), State.ACKNOWLEDGED),
    Event.ACK_EXPIRED: {State.ACKNOWLEDGED: State.OPEN},
    Event.DELEGATE: _ACKNOWLEDGED | {State.CLAIMED: State.ACKNOWLEDGED},
    Event.ACCEPT: _ACKNOWLEDGED,
    Event.RETURNED: _ACKNOWLEDGED,
    Event.ACCESS_ENDED: dict.fromkeys((State.CLAIMED, State.ACKNOWLEDGED), State.OPEN),
    Event.SNOOZE: dict.fromkeys((State.OPEN, State.CLAIMED, State.ACKNOWLEDGED), State.SNOOZED),
    Event.SNOOZE_ENDED: {State.SNOOZED: State.OPEN},
    Event.CONTACTED: _STAYS,
    Event.ESCALATE: _STAYS,
    Event.RESOLVE: {State.ACKNOWLEDGED: State.RESOLVED},
    Event.CLEARED: dict.fromkeys((State.OPEN, State.SNOOZED), State.AUTO_CLOSED),
    Event.WITHDRAW: dict.fromkeys(LIVE, State.WITHDRAWN),
}


def transition(state: State, event: Event, severity: Severity) -> State | Refused:
    """Return the state after an event, or why it cannot happen.

    `severity` is the episode's own: a RED or AMBER never closes without a person, and a RED is
    never put off (AL-11).
    """
    if state.ended:
        return Refused(Sentence("the alert is already {state}", _facts(state)))
    if event is Event.CLEARED and severity not in CLEARS_ALONE:
        return Refused(
            Sentence(
                "a {severity} alert never closes without a person", {"severity": Sentence(severity)}
            ),
            moved=False,
        )
    if event is Event.SNOOZE and severity is Severity.RED:
        return Refused(Sentence("a RED alert cannot be snoozed"), moved=False)
    after = _NEXT[event].get(state)
    sentence = Sentence("this cannot be done to an alert that is {state}", _facts(state))
    return after or Refused(sentence)


def _facts(state: State) -> dict[str, Sentence]:
    return {"state": Sentence(str(state))}
