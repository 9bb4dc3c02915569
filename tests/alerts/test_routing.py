from __future__ import annotations

from typing import Any
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


SUBSTITUTE = person()
ID = {who: who.practitioner_id for who in (MANAGER, COLLEAGUE, SUBSTITUTE)}


def away(**more: Any) -> Roster:
    """The manager is away; everybody is of the team."""
    people = [MANAGER, COLLEAGUE]
    why = more.pop("why", Reason.ON_LEAVE)
    return Roster(
        people, TEAM, members=[*people, SUBSTITUTE], **({"away": {ID[MANAGER]: why}} | more)
    )


@pytest.mark.parametrize(
    ("roster", "expected"),
    [
        (away(), Recipient("fallback", why=Reason.ON_LEAVE)),
        (away(why=Reason.OFF_DUTY), Recipient("fallback", why=Reason.OFF_DUTY)),
        (away(why=Reason.DISABLED), Recipient("fallback", why=Reason.DISABLED)),
        # Their dated substitute, where that one is at work.
        (
            away(instead={ID[MANAGER]: ID[SUBSTITUTE]}),
            Recipient(practitioner(ID[SUBSTITUTE]), SUBSTITUTE.email, Reason.SUBSTITUTED),
        ),
        (
            away(
                away={ID[MANAGER]: Reason.ON_LEAVE, ID[SUBSTITUTE]: Reason.OFF_DUTY},
                instead={ID[MANAGER]: ID[SUBSTITUTE]},
            ),
            Recipient("fallback", why=Reason.ON_LEAVE),
        ),
        # A substitute who is not of the team could not open the alert.
        (away(instead={ID[MANAGER]: uuid4()}), Recipient("fallback", why=Reason.ON_LEAVE)),
        # Who is on call takes what comes outside working hours.
        (
            away(why=Reason.OFF_DUTY, on_call=(ID[COLLEAGUE],)),
            Recipient(practitioner(ID[COLLEAGUE]), COLLEAGUE.email, Reason.ON_CALL_INSTEAD),
        ),
    ],
)
def test_a_physician_who_is_away_is_replaced_and_the_timeline_says_why_rel_40(
    roster: Roster, expected: Recipient
) -> None:
    assert route(To.RESPONSIBLE, Channel.EMAIL, Severity.RED, roster) == expected


def on_call(*who: Responsible, **more: Any) -> Roster:
    everybody = [MANAGER, COLLEAGUE, SUBSTITUTE, *who]
    ids = tuple(each.practitioner_id for each in who)
    return Roster([MANAGER, COLLEAGUE], TEAM, members=everybody, on_call=ids, **more)


MUTE, GONE = person(email=""), person(active=False)


@pytest.mark.parametrize(
    ("roster", "expected"),
    [
        (on_call(COLLEAGUE), Recipient(practitioner(ID[COLLEAGUE]), COLLEAGUE.email)),
        # On call is on duty, whatever the working hours say.
        (
            on_call(COLLEAGUE, away={ID[COLLEAGUE]: Reason.OFF_DUTY}),
            Recipient(practitioner(ID[COLLEAGUE]), COLLEAGUE.email),
        ),
        (on_call(), Recipient("fallback", why=Reason.NOBODY_ON_CALL)),
        (on_call(MUTE), Recipient("fallback", why=Reason.NO_CHANNEL)),
        (on_call(GONE), Recipient("fallback", why=Reason.DISABLED)),
        (on_call(MUTE, COLLEAGUE), Recipient(practitioner(ID[COLLEAGUE]), COLLEAGUE.email)),
        (
            on_call(COLLEAGUE, away={ID[COLLEAGUE]: Reason.ON_LEAVE}),
            Recipient("fallback", why=Reason.ON_LEAVE),
        ),
        (
            on_call(
                COLLEAGUE,
                away={ID[COLLEAGUE]: Reason.ON_LEAVE},
                instead={ID[COLLEAGUE]: ID[SUBSTITUTE]},
            ),
            Recipient(practitioner(ID[SUBSTITUTE]), SUBSTITUTE.email, Reason.SUBSTITUTED),
        ),
        # Who stands in for who is on call is on duty as they would be: at night, too.
        (
            on_call(
                COLLEAGUE,
                away={ID[COLLEAGUE]: Reason.ON_LEAVE, ID[SUBSTITUTE]: Reason.OFF_DUTY},
                instead={ID[COLLEAGUE]: ID[SUBSTITUTE]},
            ),
            Recipient(practitioner(ID[SUBSTITUTE]), SUBSTITUTE.email, Reason.SUBSTITUTED),
        ),
        # Whose post is over is told of nothing, whatever the rota says.
        (
            on_call(COLLEAGUE, away={ID[COLLEAGUE]: Reason.DISABLED}),
            Recipient("fallback", why=Reason.DISABLED),
        ),
        # Without any rota it goes to the responsible physician, who must be at work.
        (
            Roster([MANAGER], TEAM),
            Recipient(practitioner(ID[MANAGER]), MANAGER.email, Reason.NO_ROTA),
        ),
        (away(), Recipient("fallback", why=Reason.ON_LEAVE)),
        (Roster([], None, on_call=(ID[MANAGER],)), Recipient("fallback", why=Reason.NO_TEAM)),
    ],
)
def test_who_is_on_call_is_told_or_the_fallback_team_with_the_reason_rel_40(
    roster: Roster, expected: Recipient
) -> None:
    assert route(To.ON_CALL, Channel.EMAIL, Severity.RED, roster) == expected


def test_the_backup_is_somebody_else_than_who_is_on_call() -> None:
    third = person()
    roster = Roster(
        [MANAGER, COLLEAGUE, third],
        TEAM,
        members=[MANAGER, COLLEAGUE, third],
        on_call=(ID[COLLEAGUE],),
    )

    told = route(To.BACKUP, Channel.EMAIL, Severity.RED, roster)

    assert told.key == practitioner(third.practitioner_id)


@pytest.mark.parametrize("why", [Reason.ON_LEAVE, Reason.DISABLED])
def test_a_waiting_message_to_somebody_who_is_gone_goes_to_the_fallback_team_al_13(
    why: Reason,
) -> None:
    to = address(practitioner(ID[MANAGER]), [MANAGER], fallback=FALLBACK, gone={ID[MANAGER]: why})

    assert to == Recipient("fallback", FALLBACK, why)


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
    st.data(),
)
def test_nothing_is_ever_addressed_to_nobody(
    to: To,
    channel: Channel,
    severity: Severity,
    people: list[Responsible],
    team: Team | None,
    data: st.DataObject,
) -> None:
    """REL-40."""
    ids = [each.practitioner_id for each in people]
    some = st.sampled_from(ids) if ids else st.nothing()
    why = st.sampled_from([Reason.ON_LEAVE, Reason.OFF_DUTY, Reason.DISABLED])
    away = data.draw(st.dictionaries(some, why))
    rota = data.draw(st.none() | st.lists(some))
    instead = data.draw(st.dictionaries(some, some))
    roster = Roster(people, team, members=people, away=away, instead=instead, on_call=rota)

    told = route(to, channel, severity, roster)

    assert told.key
    working = {practitioner(p.practitioner_id) for p in people if p.active}
    assert told.key in {"fallback", "support", f"team:{TEAM.id}"} | working
    gone = {practitioner(who) for who, reason in away.items() if reason is not Reason.OFF_DUTY}
    assert told.key not in gone


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
