"""A usual ends with its device, and with a stay in hospital; it is learnt anew, and says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from core.vitals import Reading, Severity, Vital
from ingest.enrolment import Absence, Person, Stay
from monitoring import baseline, judgement, windows
from monitoring.findings import Restart, Why
from monitoring.record import read_says, read_usual, write_says, write_usual
from monitoring.words import clinician, phrase
from tests.monitoring.conftest import START
from tests.rulebook import RULEBOOK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitoring.findings import Assessment, Usual
    from tests.monitoring.conftest import MakeReadings

WEIGHT = Vital.BODY_WEIGHT
FIRST_DAY = START.toordinal()


def weights(values: Sequence[float], devices: Sequence[str]) -> list[Reading]:
    return [
        Reading(f"w{n}", WEIGHT, value, at, at, device=device)
        for n, (value, device) in enumerate(zip(values, devices, strict=True))
        for at in [START + timedelta(days=n)]
    ]


def usual(
    readings: list[Reading], *, day: int, stays: tuple[Stay, ...] = (), frozen: bool = False
) -> Usual | None:
    person = Person("p", "UTC", stays=stays)
    spans = [(START.timestamp(), START.timestamp() + 20 * 86_400)] if frozen else []
    past = windows.history(person, readings, spans, gate=RULEBOOK.gate)
    cut = windows.cut(past, START.timestamp() + day * 86_400)
    return baseline.usual(cut, WEIGHT, before=FIRST_DAY + day + 1)


NEW_SCALE = weights([*[80.0] * 20, *[81.0] * 20], ["old"] * 20 + ["new"] * 20)


@pytest.mark.parametrize(
    ("day", "centre", "known"),
    [
        (21, 80.0, 22),  # two days are no change of device yet
        (22, None, None),  # on the third it is one: too few days
        (25, None, None),
        (26, 81.0, 7),  # provisional at seven
        (33, 81.0, 14),  # established at fourteen
    ],
)
def test_a_new_scale_restarts_the_usual_from_its_first_day(
    day: int, centre: float | None, known: int | None
) -> None:
    found = usual(NEW_SCALE, day=day)

    assert (found.centre if found else None, found.days if found else None) == (centre, known)
    if centre == 81.0:
        assert found is not None
        assert found.restart == Restart(date(2026, 3, 22), Why.NEW_DEVICE)
        assert found.provisional == (day < 33)


def test_what_is_said_in_a_sentence_is_that_it_began_anew() -> None:
    said = judged([*NEW_SCALE[:30], spike(30, 86.0, "new")], day=30)
    early = judged([*NEW_SCALE[:23], spike(23, 86.0, "new")], day=23)

    [found] = [f for f in said.findings if f.rule_id == "HF-W3"]
    assert "8 days" in clinician(found)
    assert "This usual is provisional" in clinician(found)
    assert "The usual was started anew on 22 Mar, with a new device." in clinician(found)
    [found] = [f for f in early.findings if f.rule_id == "HF-W3"]
    assert found.severity is Severity.AMBER  # a fixed limit needs no usual
    anew = "There is no personal baseline yet. The usual was started anew on 22 Mar"
    assert anew in clinician(found)
    assert clinician(replace(found, says=read_says(write_says(found.says)))) == clinician(found)
    assert "새 기기 사용으로 3월 22일부터" in clinician(found, "ko")
    notes = [phrase(note) for note in early.notes]
    assert "no personal baseline yet: weight" in notes
    assert "weight: The usual was started anew on 22 Mar, with a new device." in notes


def spike(day: int, value: float, device: str) -> Reading:
    at = START + timedelta(days=day, hours=1)
    return Reading("spike", WEIGHT, value, at, at, device=device)


def judged(readings: list[Reading], *, day: int) -> Assessment:
    person = Person("p", "UTC", groups=frozenset({"heart_failure"}))
    past = windows.history(person, readings, gate=RULEBOOK.gate)
    now = START + timedelta(days=day, hours=2)
    points = [windows.time_of(readings[-1])]
    return judgement.judge(past, points, now=now, rulebook=RULEBOOK, model=None)


@pytest.mark.parametrize("turns", [["left", "right"], ["a", "a", "a", "b"], ["a", "b", "c"]])
def test_devices_used_in_turn_are_no_new_devices(turns: list[str]) -> None:
    devices = (turns * 40)[:40]

    found = usual(weights([80.0] * 40, devices), day=39)

    assert found is not None
    assert (found.days, found.restart) == (28, None)


def test_a_device_of_before_that_speaks_again_within_two_weeks_undoes_the_restart() -> None:
    back = weights([*[80.0] * 20, *[81.0] * 9, 80.0], [*["old"] * 20, *["new"] * 9, "old"])

    before, after = usual(back, day=28), usual(back, day=29)

    assert before is not None
    assert after is not None
    assert (before.days, before.restart is not None) == (9, True)
    assert (after.days, after.restart) == (28, None)


def test_devices_that_nobody_names_restart_nothing() -> None:
    found = usual(weights([80.0] * 40, [""] * 20 + ["new"] * 20), day=39)

    assert found is not None
    assert found.days == 28


def test_a_device_for_each_upload_restarts_nothing() -> None:
    found = usual(weights([80.0] * 40, [f"upload-{n}" for n in range(40)]), day=39)

    assert found is not None
    assert found.days == 28


def test_the_days_before_a_new_device_are_not_reached_back_for_by_a_freeze() -> None:
    found = usual(NEW_SCALE, day=30, frozen=True)

    assert found is not None
    assert (found.centre, found.days) == (81.0, 10)  # the frozen days ended with day 20


def stay(first: int, last: int | None, why: Absence = Absence.ADMITTED) -> Stay:
    def at(day: int) -> datetime:
        return START + timedelta(days=day, hours=4)

    return Stay(why, at(first), None if last is None else at(last))


def test_the_way_home_from_hospital_restarts_the_usual(daily: MakeReadings) -> None:
    readings = daily(WEIGHT, [80.0] * 20) + daily(WEIGHT, [77.0] * 15, first_day=25)

    assert usual(readings, day=27, stays=(stay(20, 24),)) is None
    found = usual(readings, day=33, stays=(stay(20, 24),))

    assert found is not None
    assert (found.centre, found.days, found.provisional) == (77.0, 9, True)
    assert found.restart == Restart(date(2026, 3, 26), Why.ADMISSION)


@pytest.mark.parametrize(
    "other", [stay(20, None), stay(20, 24, Absence.PAUSED), stay(20, 50)], ids=str
)
def test_a_stay_that_goes_on_and_a_pause_restart_nothing(daily: MakeReadings, other: Stay) -> None:
    found = usual(daily(WEIGHT, [80.0] * 40), day=33, stays=(other,))

    assert found is not None
    assert (found.days, found.restart) == (28, None)


def test_a_restart_is_no_news_once_the_window_has_passed_it() -> None:
    longer = weights([*[80.0] * 20, *[81.0] * 40], ["old"] * 20 + ["new"] * 40)

    found = usual(longer, day=50)

    assert found is not None
    assert (found.days, found.restart) == (28, None)


def test_a_restart_is_stored_and_read_again() -> None:
    found = usual(NEW_SCALE, day=30)

    assert found is not None
    assert read_usual(write_usual(found)) == found
    plain = replace(found, restart=None)
    written = write_usual(plain)
    del written["restart"], written["alike"]
    assert read_usual(written) == plain  # as it was written before there were restarts
