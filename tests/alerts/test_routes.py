from __future__ import annotations

import copy
import json
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from alerts.policy import Channel, To, freeze, thaw
from alerts.policy_source import read
from alerts.reasons import Reason
from alerts.routes import LAST_RESORT, take, taken
from core.errors import InvalidError
from core.vitals import Severity

SOURCE = tomllib.loads((Path(__file__).parents[2] / "alerts" / "policy.toml").read_text())
FALLBACK = {"after_minutes": 15, "to": "fallback", "channels": ["email"]}


def route(name: str, to: str = "team", **more: Any) -> dict[str, Any]:
    steps = [{"after_minutes": 0, "to": to, "channels": ["inbox"]}]
    return {"name": name, "tier": "RED", "steps": steps, "repeat": FALLBACK} | more


def with_routes(*routes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return copy.deepcopy(SOURCE) | {"routes": [*routes]} | more


TEAMS: dict[str, dict[str, Any]] = {
    "river": {"zone": "Asia/Seoul", "name": "Riverside"},
    "hill": {"cover": ["in_hours"]},
}
NIGHT = {"in_hours": SOURCE["hours"]["in_hours"], "night": [{"from": "22:00", "to": "07:00"}]}
MONDAY = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)  # 21:00 in Seoul


def first(source: dict[str, Any], at: datetime, *, team: str = "", **case: Any) -> tuple[str, To]:
    policy = read(source)
    kept = policy.narrowed(
        policy.place(None, team), case.get("conditions", ()), case.get("problem", "fluid")
    )
    way = take(kept, kept.tiers[Severity.RED], at=at)
    return way.name, way.tier.rungs[0].to


def test_the_shipped_policy_sends_a_red_to_who_is_on_call_off_hours() -> None:
    assert first(SOURCE, MONDAY) == ("", To.RESPONSIBLE)
    assert first(SOURCE, MONDAY + timedelta(hours=9)) == ("red-off-hours", To.ON_CALL)
    assert first(SOURCE, MONDAY, team="nobody") == ("", To.RESPONSIBLE)


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ({"team": "Riverside", "problem": "rhythm"}, "rhythm"),
        ({"team": "Riverside"}, "river-lungs"),
        ({"team": "Riverside", "conditions": ["copd"]}, "river-lungs"),
        ({"team": "Hillside", "conditions": ["copd"]}, "lungs"),
        ({"team": "Hillside"}, ""),
    ],
)
def test_the_first_route_that_fits_team_condition_and_problem_is_taken(
    case: dict[str, Any], expected: str
) -> None:
    source = with_routes(
        route("rhythm", problems=["rhythm"]),
        route("river-lungs", teams=["river"]),
        route("lungs", conditions=["copd"]),
        teams={"river": TEAMS["river"]},
    )

    assert first(source, MONDAY, **case)[0] == expected


def test_hours_are_those_of_the_teams_own_zone() -> None:
    source = with_routes(
        route("night", hours="night"), hours=NIGHT, teams={"river": TEAMS["river"]}
    )

    assert first(source, MONDAY + timedelta(hours=2), team="Riverside")[0] == "night"
    assert first(source, MONDAY + timedelta(hours=2), team="Hillside")[0] == ""


def test_a_team_is_known_by_its_name_or_by_its_id() -> None:
    identity = uuid4()
    teams = {"river": {"zone": "Asia/Seoul", "name": "Riverside"}, "hill": {"id": str(identity)}}
    policy = read(with_routes(teams=teams))

    assert policy.place(uuid4(), "Riverside").name == "river"
    assert policy.place(identity, "Any name").name == "hill"
    assert policy.place(uuid4(), "Elsewhere").name == "site"


def test_an_alert_keeps_the_routes_hours_and_holidays_that_it_was_opened_under_al_13() -> None:
    source = with_routes(
        route("night", hours="night"),
        hours=NIGHT,
        calendars={"kr": {"2026-03-02": "substitute holiday"}},
        teams={"river": TEAMS["river"] | {"holidays": ["kr"], "cover": ["in_hours"]}},
    )
    source["routes"].insert(0, route("nobody", hours="no_cover", teams=["river"], emergency=True))
    policy = read(source)
    kept = policy.narrowed(policy.place(None, "Riverside"), ["copd"], "fluid")

    frozen = thaw(json.loads(json.dumps(freeze(kept))))

    assert frozen == kept
    way = take(frozen, frozen.tiers[Severity.RED], at=MONDAY)
    assert (way.name, way.why) == ("nobody", Reason.EMERGENCY_ROUTE)
    assert taken(frozen.tiers[Severity.RED], way.name) == way.tier


def test_a_snapshot_of_before_there_were_routes_still_thaws_to_its_own_chain_al_13() -> None:
    snapshot = json.loads(json.dumps(freeze(read(SOURCE))))
    for name in ("place", "hours", "budget"):
        del snapshot[name]
    for tier in (*snapshot["tiers"].values(), snapshot["late"]):
        del tier["routes"]

    old = thaw(snapshot)

    way = take(old, old.tiers[Severity.RED], at=MONDAY + timedelta(hours=9))
    assert (way.name, way.tier.rungs[0].to) == ("", To.RESPONSIBLE)


def test_where_no_route_is_left_the_fallback_team_is_told_at_once_and_it_is_said_rel_40() -> None:
    source = with_routes(route("day", hours="in_hours"), route("rest", hours="off_hours"))
    del source["tiers"]["RED"]["steps"]
    policy = read(source)
    snapshot = freeze(policy.narrowed(policy.site, (), "fluid"))
    snapshot["tiers"][Severity.RED]["routes"].pop()  # as an edited or broken snapshot would be
    broken = thaw(snapshot)

    way = take(broken, broken.tiers[Severity.RED], at=MONDAY + timedelta(hours=9))

    assert way.why is Reason.NO_ROUTE
    assert way.tier.rungs == LAST_RESORT
    assert {rung.channel for rung in LAST_RESORT} == {Channel.INBOX, Channel.EMAIL}


def _no_steps(source: dict[str, Any]) -> None:
    del source["tiers"]["RED"]["steps"]


REFUSED = {
    "route 'x': hours dusk unknown": with_routes(route("x", hours="dusk")),
    "route 'x': teams moon unknown": with_routes(route("x", teams=["moon"])),
    "route 'x': conditions plague unknown": with_routes(route("x", conditions=["plague"])),
    "route 'x': problems luck unknown": with_routes(route("x", problems=["luck"])),
    "route 'x': name x unknown or not its own": with_routes(
        route("x", hours="in_hours"), route("x", hours="off_hours")
    ),
    "route 'x': unknown entry team": with_routes(route("x", team="river")),
    "route 'x': unknown tier": with_routes(route("x", tier="PINK")),
    "RED route 'late' is never taken": with_routes(
        route("early"), route("late", hours="off_hours")
    ),
    "RED route 'never' is never taken": with_routes(
        route("day", hours="in_hours"), route("rest", hours="off_hours"), route("never")
    ),
    "RED route 'x' has no step at once": with_routes(route("x", steps=[])),
    "RED route 'x' must end in the fallback": with_routes(
        route("x", repeat=FALLBACK | {"to": "team"})
    ),
    "DQ route 'x' may only reach support": with_routes(route("x", tier="DQ")),
    "site.cover: 'off_hours' names no hours": with_routes(site={"cover": ["off_hours"]}),
    "site.zone: 'Mars/Base' is no time zone": with_routes(site={"zone": "Mars/Base"}),
    "teams.river.holidays: there is no calendar 'xx'": with_routes(
        teams={"river": {"holidays": ["xx"]}}
    ),
    "budget.RED": with_routes(budget={"RED": 3}),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_a_policy_with_a_fault_is_refused_with_its_place_and_reason(reason: str) -> None:
    with pytest.raises(InvalidError) as refused:
        read(REFUSED[reason], conditions=["copd"])

    assert reason in str(refused.value)


def test_a_red_policy_with_no_route_at_some_hour_is_refused_with_the_hours_in_words() -> None:
    source = with_routes(route("day", hours="in_hours"), route("night", hours="night"), hours=NIGHT)
    _no_steps(source)

    with pytest.raises(InvalidError) as refused:
        read(source)

    assert str(refused.value) == (
        "policy: RED of site has no route: Monday 07:00\u201308:00, Monday 18:00\u201322:00,"
        " Tuesday 07:00\u201308:00, Tuesday 18:00\u201322:00, Wednesday 07:00\u201308:00,"
        " Wednesday 18:00\u201322:00, Thursday 07:00\u201308:00, Thursday 18:00\u201322:00,"
        " Friday 07:00\u201308:00, Friday 18:00\u201322:00, Saturday 07:00\u201322:00,"
        " Sunday 07:00\u201322:00"
    )


def test_a_hole_on_holidays_only_is_found_too() -> None:
    source = with_routes(
        route("day", hours="in_hours"),
        route("rest", hours="weekdays_off"),
        hours=NIGHT
        | {
            "weekdays_off": [
                {"days": "mon-fri", "from": "18:00", "to": "08:00"},
                {"days": "sat,sun", "from": "08:00", "to": "08:00"},
            ]
        },
    )
    _no_steps(source)

    with pytest.raises(InvalidError, match="on holidays"):
        read(source)


def test_a_red_that_only_tells_a_team_that_does_not_read_is_refused() -> None:
    """The emergency route must be named at the hours that nobody covers."""
    with pytest.raises(InvalidError) as refused:
        read(with_routes(teams={"hill": TEAMS["hill"]}))

    assert "RED of hill names no emergency number in its route when nobody reads" in str(
        refused.value
    )
    assert "Friday 18:00\u2013Sunday 24:00" in str(refused.value)
    read(copy.deepcopy(SOURCE) | {"teams": {"hill": TEAMS["hill"]}})
