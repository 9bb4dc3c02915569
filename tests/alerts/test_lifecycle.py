from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from alerts.lifecycle import LIVE, Event, Refused, State, transition
from core.errors import Sentence
from core.vitals import Severity

OPEN, CLAIMED, TAKEN, PUT_OFF = LIVE
STAYING = (Event.FOUND, Event.LOWERED, Event.CONTACTED, Event.ESCALATE)
LEGAL = [
    *((state, event, state) for event in STAYING for state in LIVE),
    *((state, Event.ROSE, OPEN) for state in LIVE),
    *((state, Event.WITHDRAW, State.WITHDRAWN) for state in LIVE),
    (OPEN, Event.CLAIM, CLAIMED),
    (CLAIMED, Event.CLAIM_LAPSED, OPEN),
    *((state, Event.ACKNOWLEDGE, TAKEN) for state in (OPEN, CLAIMED)),
    (TAKEN, Event.ACK_EXPIRED, OPEN),
    *((state, Event.ACCESS_ENDED, OPEN) for state in (CLAIMED, TAKEN)),
    *((state, Event.DELEGATE, TAKEN) for state in (CLAIMED, TAKEN)),
    (TAKEN, Event.ACCEPT, TAKEN),
    (TAKEN, Event.RETURNED, TAKEN),
    *((state, Event.SNOOZE, PUT_OFF) for state in (OPEN, CLAIMED, TAKEN)),
    (PUT_OFF, Event.SNOOZE_ENDED, OPEN),
    (TAKEN, Event.RESOLVE, State.RESOLVED),
    *((state, Event.CLEARED, State.AUTO_CLOSED) for state in (OPEN, PUT_OFF)),
]


@pytest.mark.parametrize(("before", "event", "after"), LEGAL)
def test_every_change_of_the_table_is_legal(before: State, event: Event, after: State) -> None:
    assert transition(before, event, Severity.YELLOW) is after


@given(st.sampled_from(State), st.sampled_from(Event), st.sampled_from(Severity))
def test_every_other_change_is_refused_with_a_reason(
    before: State, event: Event, severity: Severity
) -> None:
    result = transition(before, event, severity)

    if isinstance(result, Refused):
        assert result.reason
    else:
        assert (before, event, result) in LEGAL


@pytest.mark.parametrize("severity", [Severity.RED, Severity.AMBER])
def test_a_red_or_amber_never_closes_without_a_person(severity: Severity) -> None:
    result = transition(State.OPEN, Event.CLEARED, severity)

    assert isinstance(result, Refused)
    assert str(result.reason) == f"a {severity} alert never closes without a person"
    assert not result.moved


@pytest.mark.parametrize("state", LIVE)
def test_a_red_is_never_put_off_al_11(state: State) -> None:
    result = transition(state, Event.SNOOZE, Severity.RED)

    assert result == Refused(Sentence("a RED alert cannot be snoozed"), moved=False)


class Episode(RuleBasedStateMachine):
    """AL-04: whatever happens in whatever order, an episode stays within its table."""

    @initialize(severity=st.sampled_from([s for s in Severity if s is not Severity.INFO]))
    def start(self, severity: Severity) -> None:
        self.state: State = State.OPEN
        self.severity = severity
        self.concluded = False

    @rule(event=st.sampled_from([e for e in Event if e is not Event.ROSE]))
    def happens(self, event: Event) -> None:
        before = self.state
        after = transition(before, event, self.severity)
        if isinstance(after, Refused):
            return
        self.concluded = self.concluded or event is Event.RESOLVE
        self.state = after

    @precondition(lambda self: self.severity is not Severity.RED)
    @rule()
    def worsens(self) -> None:
        before = self.state
        after = transition(before, Event.ROSE, self.severity)
        assert isinstance(after, Refused) == before.ended
        if not isinstance(after, Refused):
            assert after is State.OPEN
            self.state, self.severity = after, Severity.RED

    @invariant()
    def an_ended_episode_takes_nothing(self) -> None:
        if self.state.ended:
            for event in Event:
                assert isinstance(transition(self.state, event, self.severity), Refused)

    @invariant()
    def only_a_person_resolves(self) -> None:
        assert (self.state is State.RESOLVED) == self.concluded

    @invariant()
    def a_live_episode_can_always_be_ended_by_a_person(self) -> None:
        if self.state in LIVE:
            awake = self.state
            if awake is State.SNOOZED:
                called_back = transition(awake, Event.SNOOZE_ENDED, self.severity)
                assert isinstance(called_back, State)
                awake = called_back
            owned = awake if awake.owned else transition(awake, Event.ACKNOWLEDGE, self.severity)
            assert isinstance(owned, State)
            assert transition(owned, Event.RESOLVE, self.severity) is State.RESOLVED


TestEpisode = Episode.TestCase
