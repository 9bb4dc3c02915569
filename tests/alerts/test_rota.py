from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.hours import EVERY_HOUR, Place, read_hours
from alerts.reasons import Reason
from alerts.rota import Away, Rota, Shift, Turn, absent, by_day, instead
from ingest.presence import Post
from ingest.roster import Responsible
from ingest.weekly import Span, span

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Seoul")
CHANGE_DAYS = {
    "Europe/Berlin": (date(2026, 3, 29), date(2026, 10, 25)),
    "America/New_York": (date(2026, 3, 8), date(2026, 11, 1)),
    "Asia/Seoul": (date(2026, 3, 29), date(2026, 10, 25)),
}
SEOUL = ZoneInfo("Asia/Seoul")
LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)
AHN, BROWN, CHO = UUID(int=1), UUID(int=2), UUID(int=3)
NAMES = {AHN: "Dr Ahn", BROWN: "Dr Brown", CHO: "Dr Cho"}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SEOUL)


def weekly(who: UUID, pattern: Span, *, since: datetime = LONG_AGO) -> Shift:
    return Shift(uuid4(), who, since, None, pattern)


def once(who: UUID, since: str, until: str, *, overrides: bool = False) -> Shift:
    return Shift(uuid4(), who, at(since), at(until), overrides=overrides)


NIGHTS = weekly(AHN, span("mon-fri", "18:00", "08:00"))
WEEKEND = weekly(BROWN, span("sat,sun", "08:00", "08:00"))


def rota(*shifts: Shift, leaves: tuple[Away, ...] = ()) -> Rota:
    return Rota(shifts, leaves, SEOUL)


def test_a_weekly_pattern_names_who_is_on_call_over_midnight() -> None:
    team = rota(NIGHTS, WEEKEND)

    assert team.on_call(at("2026-03-06T23:00")) == (AHN,)
    assert team.on_call(at("2026-03-07T07:59")) == (AHN,)
    assert team.on_call(at("2026-03-07T08:00")) == (BROWN,)
    assert team.on_call(at("2026-03-09T12:00")) == ()


def test_the_first_and_the_last_night_of_a_pattern_are_whole_rel_24() -> None:
    nights = span("", "18:00", "08:00")
    team = rota(Shift(uuid4(), AHN, at("2026-03-02T00:00"), at("2026-03-07T00:00"), nights))

    shown = team.turns(at("2026-03-02T00:00"), at("2026-03-08T00:00"))

    whole = [(at(f"2026-03-0{n}T18:00"), at(f"2026-03-0{n + 1}T08:00")) for n in range(2, 7)]
    assert [(turn.start, turn.end) for turn in shown if turn.who] == whole


def test_an_override_goes_before_the_rota_while_it_lasts() -> None:
    team = rota(NIGHTS, once(CHO, "2026-03-06T20:00", "2026-03-06T22:00", overrides=True))

    assert [team.on_call(at(f"2026-03-06T{hour}:00"))[0] for hour in (19, 20, 21, 22)] == [
        AHN,
        CHO,
        CHO,
        AHN,
    ]


def test_a_hole_is_said_in_words_al_18() -> None:
    short = weekly(AHN, span("fri", "18:00", "02:00"))
    early = weekly(BROWN, span("sat", "06:00", "18:00"))

    holes = rota(short, early).holes(
        at("2026-03-06T18:00"),
        at("2026-03-07T18:00"),
        wanted=[EVERY_HOUR],
        place=Place("river", "Asia/Seoul"),
    )

    assert [hole.words(SEOUL, NAMES) for hole in holes] == [
        "nobody on call Saturday 02:00\u201306:00"
    ]


def test_a_hole_counts_only_at_hours_at_which_somebody_should_be_on_call() -> None:
    hours = read_hours(
        {
            "in_hours": [{"days": "mon-fri", "from": "08:00", "to": "18:00", "holidays": "never"}],
            "off_hours": {"not": "in_hours"},
        }
    )
    place = Place("river", "Asia/Seoul", {date(2026, 3, 3): "holiday"})

    holes = rota(NIGHTS, WEEKEND).holes(
        at("2026-03-02T00:00"), at("2026-03-09T00:00"), wanted=[hours["off_hours"]], place=place
    )

    # Sunday's turn goes on to Monday 08:00; on the holiday nobody works by day.
    assert [hole.words(SEOUL, NAMES) for hole in holes] == [
        "nobody on call Tuesday 08:00\u201318:00"
    ]


def test_who_is_on_leave_is_on_call_for_nobody_unless_a_substitute_was_named_rel_40() -> None:
    night = (at("2026-03-06T18:00"), at("2026-03-07T08:00"))
    alone = rota(NIGHTS, leaves=(Away(AHN, *night),))
    replaced = rota(NIGHTS, leaves=(Away(AHN, *night, CHO),))

    assert [turn.who for turn in alone.turns(*night)] == [()]
    assert [turn.who for turn in replaced.turns(*night)] == [(CHO,)]


def test_substitutes_of_substitutes_are_followed_and_a_circle_ends() -> None:
    assert instead(AHN, {AHN: BROWN, BROWN: CHO}) == CHO
    assert instead(AHN, {AHN: BROWN, BROWN: AHN}) is None
    assert instead(AHN, {AHN: None}) is None
    assert instead(AHN, {}) == AHN


@pytest.mark.parametrize("zone", ZONES)
@given(cut=st.integers(0, 1439), hour=st.integers(-30, 30))
def test_two_who_share_every_day_leave_no_hole_when_clocks_change_rel_24(
    zone: str, cut: int, hour: int
) -> None:
    clock = ZoneInfo(zone)
    day, night = Span(frozenset(range(7)), 720, cut), Span(frozenset(range(7)), cut, 720)
    team = Rota((weekly(AHN, day), weekly(BROWN, night)), (), clock)
    place = Place("here", zone)

    for changes in CHANGE_DAYS[zone]:
        start = datetime(changes.year, changes.month, changes.day, tzinfo=clock)
        since = start.astimezone(UTC) + timedelta(hours=hour)
        found = team.turns(since, since + timedelta(hours=48))

        assert all(turn.who for turn in found)
        assert found[0].start == since
        assert all(a.end == b.start for a, b in pairwise(found))
        assert not team.holes(since, since + timedelta(hours=48), wanted=[EVERY_HOUR], place=place)


@pytest.mark.parametrize("zone", ZONES)
def test_each_local_day_is_shown_whole_and_once_when_clocks_change_rel_24(zone: str) -> None:
    clock = ZoneInfo(zone)
    for changes in CHANGE_DAYS[zone]:
        days = [changes + timedelta(days=n) for n in (-1, 0, 1)]
        start = datetime(days[0].year, days[0].month, days[0].day, tzinfo=clock).astimezone(UTC)
        team = Rota((weekly(AHN, span("", "18:00", "08:00")),), (), clock)

        shown = by_day(team.turns(start, start + timedelta(days=4)), days, clock)

        midnight = start
        for turns in shown.values():
            assert turns[0].start == midnight
            midnight = turns[-1].end
            assert midnight.astimezone(clock).hour == 0
            assert [turn.who for turn in turns] == [(AHN,), (), (AHN,)]


def person(*posts: Post, who: UUID = AHN) -> Responsible:
    return Responsible(
        who, "Dr Ahn", "a@example.org", "physician", CHO, "T", active=True, posts=posts
    )


@pytest.mark.parametrize(
    ("posts", "gone", "expected"),
    [
        ((), (), {}),
        ((), (AHN,), {AHN: Reason.ON_LEAVE}),
        ((Post((span("mon", "08:00", "09:00"),)),), (), {AHN: Reason.OFF_DUTY}),
        ((Post(away=(("2026-03-01", "2026-03-09"),)),), (), {AHN: Reason.ON_LEAVE}),
        ((Post(until="2026-03-01"),), (), {AHN: Reason.DISABLED}),
    ],
)
def test_who_is_not_to_be_told_is_known_with_the_reason(
    posts: tuple[Post, ...], gone: tuple[UUID, ...], expected: dict[UUID, Reason]
) -> None:
    assert absent([person(*posts)], gone, at("2026-03-06T12:00"), SEOUL) == expected


def test_a_turn_names_everybody_who_is_on_call() -> None:
    turn = Turn(at("2026-03-06T18:00"), at("2026-03-06T20:00"), (AHN, BROWN))

    assert turn.words(SEOUL, NAMES) == "Dr Ahn, Dr Brown on call Friday 18:00\u201320:00"
