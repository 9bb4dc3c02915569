"""Which changes of an episode are legal, and why the others are refused (AL-04)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.vitals import Severity


class State(StrEnum):
    """Where an episode stands."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
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


LIVE = (State.OPEN, State.ACKNOWLEDGED)
CLEARS_ALONE = (Severity.YELLOW, Severity.INFO, Severity.DQ)


class Event(StrEnum):
    """What may happen to an episode."""

    FOUND = "found"  # the same or a lesser finding
    ROSE = "rose"
    LOWERED = "lowered"  # its gravest finding lost its cause, a lesser one stands
    ACKNOWLEDGE = "acknowledge"
    ACK_EXPIRED = "ack-expired"
    RESOLVE = "resolve"
    CLEARED = "cleared"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class Refused:
    """The change is not legal; the reason is for whoever asked."""

    reason: str


_NEXT: dict[Event, dict[State, State]] = {
    Event.FOUND: {State.OPEN: State.OPEN, State.ACKNOWLEDGED: State.ACKNOWLEDGED},
    Event.ROSE: {State.OPEN: State.OPEN, State.ACKNOWLEDGED: State.OPEN},
    Event.LOWERED: {State.OPEN: State.OPEN, State.ACKNOWLEDGED: State.ACKNOWLEDGED},
    Event.ACKNOWLEDGE: {State.OPEN: State.ACKNOWLEDGED},
    Event.ACK_EXPIRED: {State.ACKNOWLEDGED: State.OPEN},
    Event.RESOLVE: {State.ACKNOWLEDGED: State.RESOLVED},
    Event.CLEARED: {State.OPEN: State.AUTO_CLOSED},
    Event.WITHDRAW: {State.OPEN: State.WITHDRAWN, State.ACKNOWLEDGED: State.WITHDRAWN},
}


def transition(state: State, event: Event, severity: Severity) -> State | Refused:
    """Return the state after an event, or why it cannot happen.

    `severity` is the episode's own: a RED or AMBER never closes without a person.
    """
    if state.ended:
        return Refused(f"the alert is already {state}")
    if event is Event.CLEARED and severity not in CLEARS_ALONE:
        return Refused(f"a {severity} alert never closes without a person")
    after = _NEXT[event].get(state)
    return after or Refused(f"an alert that is {state} cannot take '{event}'")
