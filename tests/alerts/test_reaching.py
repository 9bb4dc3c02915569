from __future__ import annotations

import pytest

from alerts.policy import Channel
from alerts.reaching import Told, Way, next_way, told_by
from alerts.reasons import Reason
from core.vitals import Severity

RED, YELLOW = Severity.RED, Severity.YELLOW
EMAIL, SMS, CHAT, WEBHOOK, INBOX = (
    *(Channel.EMAIL, Channel.SMS, Channel.CHAT),
    *(Channel.WEBHOOK, Channel.INBOX),
)


def way(channel: Channel, *tiers: Severity) -> Way:
    return Way(channel, frozenset(tiers))


@pytest.mark.parametrize(
    ("named", "severity", "ways", "expected"),
    [
        (EMAIL, RED, [Way(EMAIL)], [(EMAIL, None)]),
        (EMAIL, RED, [Way(EMAIL), Way(SMS)], [(EMAIL, None)]),
        (SMS, RED, [Way(EMAIL), Way(SMS)], [(SMS, None)]),
        # A chosen channel is used beside the one that the policy names.
        (EMAIL, RED, [Way(EMAIL), way(SMS, RED)], [(SMS, Reason.CHOSEN_WAY), (EMAIL, None)]),
        (EMAIL, YELLOW, [Way(EMAIL), way(SMS, RED)], [(EMAIL, None)]),
        # E-mail was chosen for YELLOW alone, so it is not used for RED where SMS is.
        (EMAIL, RED, [way(EMAIL, YELLOW), way(SMS, RED)], [(SMS, Reason.CHOSEN_WAY)]),
        # Nobody makes themselves unreachable by ruling everything out.
        (EMAIL, RED, [way(EMAIL, YELLOW)], [(EMAIL, None)]),
        (EMAIL, RED, [way(SMS)], [(SMS, Reason.NEXT_WAY)]),
        # The channel of the policy is missing: the next one that there is.
        (SMS, RED, [Way(EMAIL)], [(EMAIL, Reason.NEXT_WAY)]),
        (SMS, RED, [Way(WEBHOOK), Way(CHAT)], [(CHAT, Reason.NEXT_WAY)]),
        (SMS, RED, [], []),
        # The inbox is everybody's.
        (INBOX, RED, [way(SMS, RED)], [(INBOX, None)]),
        (INBOX, RED, [], [(INBOX, None)]),
    ],
)
def test_somebody_is_told_by_what_the_policy_names_they_chose_or_they_have_al_18(
    named: Channel,
    severity: Severity,
    ways: list[Way],
    expected: list[tuple[Channel, Reason | None]],
) -> None:
    assert told_by(named, severity, ways) == tuple(Told(*each) for each in expected)


@pytest.mark.parametrize("severity", [RED, Severity.AMBER])
@pytest.mark.parametrize("named", [c for c in Channel if c is not INBOX])
@pytest.mark.parametrize("tiers", [(), (YELLOW,), (RED,), None])
@pytest.mark.parametrize("has", [c for c in Channel if c is not INBOX])
def test_whoever_has_any_address_is_told_whatever_their_rules_say_al_18(
    named: Channel, severity: Severity, has: Channel, tiers: tuple[Severity, ...] | None
) -> None:
    rule = None if tiers is None else frozenset(tiers)

    assert [told.channel for told in told_by(named, severity, [Way(has, rule)])] == [has]


def test_the_next_way_is_one_that_was_not_tried() -> None:
    ways = [Way(EMAIL), Way(SMS), Way(CHAT)]

    assert next_way(ways, tried={SMS}) == [Told(CHAT, Reason.NEXT_WAY)]
    assert next_way(ways, tried={SMS, CHAT, EMAIL}) == []
