from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.policy import Channel, To
from alerts.reasons import Reason
from alerts.routing import Recipient, Roster, address, practitioner, route
from core.vitals import Severity
from ingest.roster import Responsible, Team

TEAM = Team(uuid4(), "Heart failure team")
FALLBACK = "on-call@example.org"


def person(
    identity: UUID | None = None,
    *,
    role: str = "physician",
    email: str = "doctor@example.org",
    active: bool = True,
) -> Responsible:
    return Responsible(identity or uuid4(), "Dr A", email, role, TEAM.id, TEAM.name, active=active)


MANAGER, COLLEAGUE = person(role="care-manager"), person()


def test_the_care_manager_is_told_before_a_colleague() -> None:
    told = route(To.RESPONSIBLE, Channel.EMAIL, Severity.RED, Roster([MANAGER, COLLEAGUE], TEAM))

    assert told == Recipient(practitioner(MANAGER.practitioner_id), MANAGER.email)


def test_without_a_care_manager_the_first_reachable_physician_is_told() -> None:
    away = person(active=False)

    told = route(To.RESPONSIBLE, Channel.EMAIL, Severity.RED, Roster([away, COLLEAGUE], TEAM))

    assert told.key == practitioner(COLLEAGUE.practitioner_id)


@pytest.mark.parametrize(
    ("roster", "reason"),
    [
        (Roster([], None), Reason.NO_TEAM),
        (Roster([], TEAM), Reason.NO_RESPONSIBLE),
        (Roster([person(active=False)], TEAM), Reason.DISABLED),
        (Roster([person(email="")], TEAM), Reason.NO_CHANNEL),
        (Roster([person(role="care-manager", active=False), COLLEAGUE], TEAM), Reason.DISABLED),
    ],
)
def test_an_unresolvable_physician_gives_the_fallback_team_and_the_reason(
    roster: Roster, reason: Reason
) -> None:
    """REL-40."""
    told = route(To.RESPONSIBLE, Channel.EMAIL, Severity.RED, roster)

    assert told == Recipient("fallback", why=reason)


def test_the_backup_is_somebody_else_than_who_was_told_first() -> None:
    told = route(To.BACKUP, Channel.EMAIL, Severity.RED, Roster([MANAGER, COLLEAGUE], TEAM))
    alone = route(To.BACKUP, Channel.EMAIL, Severity.RED, Roster([MANAGER], TEAM))

    assert told.key == practitioner(COLLEAGUE.practitioner_id)
    assert alone == Recipient("fallback", why=Reason.NO_BACKUP)


@given(
    st.sampled_from(To),
    st.sampled_from(Channel),
    st.sampled_from(Severity),
    st.lists(
        st.builds(
            person,
            role=st.sampled_from(["physician", "care-manager"]),
            email=st.sampled_from(["", "a@example.org"]),
            active=st.booleans(),
        ),
        max_size=3,
    ),
    st.sampled_from([TEAM, None]),
)
def test_nothing_is_ever_addressed_to_nobody(
    to: To, channel: Channel, severity: Severity, people: list[Responsible], team: Team | None
) -> None:
    """REL-40."""
    told = route(to, channel, severity, Roster(people, team))

    assert told.key
    working = {practitioner(p.practitioner_id) for p in people if p.active}
    assert told.key in {"fallback", "support", f"team:{TEAM.id}"} | working


@given(st.sampled_from(To), st.sampled_from(Channel))
def test_data_quality_never_reaches_the_physician(to: To, channel: Channel) -> None:
    told = route(to, channel, Severity.DQ, Roster([MANAGER], TEAM, MANAGER.practitioner_id))

    assert told.key == "support"


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        ([MANAGER], Recipient(practitioner(MANAGER.practitioner_id), MANAGER.email)),
        ([], Recipient("fallback", FALLBACK, Reason.NO_RESPONSIBLE)),
        (
            [person(MANAGER.practitioner_id, active=False)],
            Recipient("fallback", FALLBACK, Reason.DISABLED),
        ),
        (
            [person(MANAGER.practitioner_id, email="")],
            Recipient("fallback", FALLBACK, Reason.NO_CHANNEL),
        ),
    ],
)
def test_who_left_since_the_step_fired_is_replaced_at_send_time(
    people: list[Responsible], expected: Recipient
) -> None:
    """REL-40, SEC-15."""
    key = practitioner(MANAGER.practitioner_id)

    assert address(key, people, fallback=FALLBACK) == expected


def test_a_fallback_without_address_says_so() -> None:
    assert address("fallback", [], fallback="") == Recipient("fallback", "", Reason.NO_ADDRESS)
