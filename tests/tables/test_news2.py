"""Every band of NEWS2 at both its ends, and what a set of observations makes of them."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.vitals import MEASURES, Vital
from monitoring.early_warning import spoken
from monitoring.news2 import MEASURED, PART_OF, Part, total
from monitoring.words import phrase
from tests.rulebook import RULEBOOK

if TYPE_CHECKING:
    from collections.abc import Iterator

with (Path(__file__).parent / "news2.csv").open(encoding="utf-8") as source:
    TABLE = list(csv.DictReader(source))
CHART = RULEBOOK.news2
Row = dict[str, str]
Case = tuple[Vital, int, bool | None, float, int]
NAMES = {
    "respiration_rate": "respiratory_rate",
    "pulse": "heart_rate",
    "temperature": "body_temperature",
}


def oxygens(row: Row) -> list[bool | None]:
    known: dict[str, list[bool | None]] = {"air": [False, None], "oxygen": [True]}
    return known.get(row["oxygen"], [False, True, None])


def ends() -> Iterator[Case]:
    for row in TABLE:
        for end in filter(None, (row["low"], row["high"])):
            for oxygen in oxygens(row):
                yield (
                    Vital(row["vital"]),
                    int(row["scale"] or 1),
                    oxygen,
                    float(end),
                    int(row["score"]),
                )


def score(vital: Vital, value: float, scale: int, *, oxygen: bool | None) -> int:
    scored = total(CHART, {vital: value}, scale_two=scale == 2, oxygen=oxygen)
    return scored.parts[PART_OF[vital]]


@pytest.mark.parametrize(
    "case", list(ends()), ids=lambda c: f"{c[0]} {c[3]:g} scale {c[1]} oxygen {c[2]} scores {c[4]}"
)
def test_each_end_of_each_band_scores_as_the_chart_says(case: Case) -> None:
    vital, scale, oxygen, value, expected = case

    assert score(vital, value, scale, oxygen=oxygen) == expected


@given(st.sampled_from(MEASURED), st.data())
def test_each_value_lies_in_exactly_one_band(vital: Vital, data: st.DataObject) -> None:
    measure = MEASURES[vital]
    step = 10**measure.decimals
    value = data.draw(st.integers(int(measure.low * step), int(measure.high * step))) / step
    scale = data.draw(st.sampled_from([1, 2])) if vital is Vital.SPO2 else 1
    oxygen = data.draw(st.sampled_from([True, False, None]))
    bands = [
        row
        for row in TABLE
        if row["vital"] == vital
        and int(row["scale"] or 1) == scale
        and oxygen in oxygens(row)
        and (not row["low"] or float(row["low"]) <= value)
        and (not row["high"] or value <= float(row["high"]))
    ]

    assert len(bands) == 1
    assert score(vital, value, scale, oxygen=oxygen) == int(bands[0]["score"])


def test_the_table_is_the_charts(reference_data: Path) -> None:
    with (reference_data.parent / "clinical" / "news2.csv").open(encoding="utf-8") as chart:
        rows = [r for r in csv.DictReader(chart) if r["parameter"] not in SAID]

    def facts(row: Row, vital: str, oxygen: str) -> tuple[str, ...]:
        ends = (str(float(row[k])) if row[k] else "" for k in row if k.startswith(("low", "high")))
        return (vital, row["scale"], oxygen if vital == "spo2" else "", *ends, row["score"])

    named = [(NAMES.get(r["parameter"], r["parameter"]), r) for r in rows]
    theirs = {facts(r, vital, r["applies_when"] or "any") for vital, r in named}
    ours = {facts(r, r["vital"], r["oxygen"]) for r in TABLE}
    assert ours == theirs


SAID = ("consciousness", "air_or_oxygen")


@pytest.mark.parametrize(("oxygen", "expected"), [(True, 2), (False, 0)])
def test_oxygen_scores_two_and_air_nothing(oxygen: bool, expected: int) -> None:  # noqa: FBT001 (a parameter of the table)
    assert total(CHART, {}, scale_two=False, oxygen=oxygen).parts == {Part.OXYGEN: expected}


@pytest.mark.parametrize(("confused", "expected"), [(1.0, 3), (0.0, 0)])
def test_anything_but_alert_scores_three(confused: float, expected: int) -> None:
    scored = total(CHART, {Vital.NEW_CONFUSION: confused}, scale_two=False, oxygen=None)

    assert scored.parts == {Part.CONSCIOUSNESS: expected}


WHOLE = {
    Vital.RESPIRATORY_RATE: 22.0,
    Vital.SPO2: 93.0,
    Vital.SYSTOLIC_BP: 95.0,
    Vital.HEART_RATE: 112.0,
    Vital.BODY_TEMPERATURE: 38.5,
    Vital.NEW_CONFUSION: 0.0,
}


def test_a_whole_set_is_called_news2() -> None:
    scored = total(CHART, WHOLE, scale_two=False, oxygen=False)

    assert (scored.sum, scored.partial) == (9, False)
    assert phrase(spoken(scored)).startswith(
        "NEWS2 9 (respiratory rate 2, SpO2 2, systolic BP 2, pulse 2"
    )


@pytest.mark.parametrize("left_out", [Vital.NEW_CONFUSION, Vital.SPO2, None])
def test_a_set_that_lacks_a_part_is_partial_and_never_called_news2(left_out: Vital | None) -> None:
    known = {vital: value for vital, value in WHOLE.items() if vital is not left_out}

    scored = total(CHART, known, scale_two=False, oxygen=False if left_out else None)

    assert scored.partial
    assert "NEWS2" not in phrase(spoken(scored))
    assert "at least" in phrase(spoken(scored))


@given(st.dictionaries(st.sampled_from(MEASURED), st.floats(30, 220), max_size=5))
def test_a_partial_total_is_a_lower_bound(values: dict[Vital, float]) -> None:
    known = total(CHART, values, scale_two=False, oxygen=None).sum

    for oxygen in (True, False):
        for confused in (0.0, 1.0):
            whole = values | {Vital.NEW_CONFUSION: confused}
            assert known <= total(CHART, whole, scale_two=False, oxygen=oxygen).sum
