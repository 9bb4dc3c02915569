"""SEC-43: a row of a copy that pages could not read is refused, by the name of its column."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from app.copies import scores_told
from core.errors import InvalidError
from core.vitals import Vital
from monitoring.findings import Alike, Awaited, Usual
from monitoring.phrases import Phrase, whole, write_phrase
from monitoring.record import write_awaited, write_usual
from monitoring.schedule import Source
from tests.scored import MODEL, risk

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
AT = "2026-05-30T08:00:00+02:00"
ANCIENT = "0001-01-01T00:00:00+14:00"
NAIVE = "2026-05-30T08:00:00"
USUAL = write_usual(Usual(71.0, 64.0, 78, 3.5, 28, alike=Alike.MORNING))
AWAITED = write_awaited(Awaited(NOW + timedelta(days=1), 1, Source.HABIT))
NOTE = write_phrase(Phrase("{count} readings", {"count": whole(2)}))
EVIDENCE = {"reading_id": f"{uuid4()}/1/pulse", "vital": "heart_rate", "value": 70} | {
    "effective": AT
}
PART = {"feature": "age", "label": "age", "value": 71.0, "points": 0.5}


def judged(**other: Any) -> dict[str, Any]:
    """Return a row of the judgements as a copy says it."""
    row: dict[str, Any] = {"id": str(uuid4()), "patient_id": str(uuid4()), "at": AT}
    row |= {"risk": risk(0.2, MODEL, {}) | {"basis": [EVIDENCE]}, "findings": []}
    row |= {"usual": {"heart_rate": USUAL}, "expected": {"body_weight": AWAITED}}
    return row | {"notes": ["in words", NOTE], "rulebook_hash": "a", "model_id": MODEL} | other


def doubted(**other: Any) -> dict[str, Any]:
    """Return a row of what is contested as a copy says it."""
    row: dict[str, Any] = {name: str(uuid4()) for name in ("id", "patient_id", "assessment_id")}
    row |= {"author_id": str(uuid4()), "answered_by": str(uuid4()), "model_id": MODEL}
    row |= {"judged_at": AT, "at": AT, "answered_at": AT, "by": "patient", "ground": "device"}
    return row | {"ruling": "upheld", "note": "Not mine", "answer": "So it is"} | other


def test_what_a_copy_says_is_read() -> None:
    (score,) = scores_told.scores([judged()], now=NOW)
    (said,) = scores_told.contests([doubted()], now=NOW)
    (waits,) = scores_told.contests([doubted(ruling=None, answered_at=None)], now=NOW)

    assert score.at == datetime.fromisoformat(AT) == said.answered_at
    assert set(score.usual) == {Vital.HEART_RATE}
    assert (said.note, said.answer, waits.answer) == ("Not mine", "So it is", "")


def test_what_nobody_keeps_stands_in_no_way() -> None:
    (score,) = scores_told.scores([judged(risk=None, usual={"of another": {}})], now=NOW)

    assert score.risk is None


@pytest.mark.parametrize(
    ("column", "told"),
    [
        ("usual", {"usual": {"a-vital-of-another-release": USUAL}}),
        ("usual", {"usual": {"heart_rate": {}}}),
        ("usual", {"usual": {"heart_rate": USUAL | {"centre": "71"}}}),
        ("usual", {"usual": {"heart_rate": USUAL | {"alike": "of another release"}}}),
        ("usual", {"usual": {"heart_rate": USUAL | {"restart": ["2026-01-01"]}}}),
        ("expected", {"expected": {"a-vital-of-another-release": AWAITED}}),
        ("expected", {"expected": {"body_weight": AWAITED | {"late_at": NAIVE}}}),
        ("expected", {"expected": {"body_weight": AWAITED | {"late_at": ANCIENT}}}),
        ("expected", {"expected": {"body_weight": AWAITED | {"of another": 1}}}),
        ("notes", {"notes": [3]}),
        ("notes", {"notes": [{"text": "no message"}]}),
        ("notes", {"notes": [NOTE | {"facts": {"count": {"number": ["two", 0]}}}]}),
        ("notes", {"notes": ["a\x00"]}),
        ("findings", {"findings": [{"evidence": [{}]}]}),
        ("findings", {"findings": [{"evidence": [EVIDENCE | {"effective": ANCIENT}]}]}),
        ("risk", {"risk": risk(1.5, MODEL, {})}),
        ("risk", {"risk": risk(0.2, MODEL, {}) | {"basis": [{"reading_id": "x"}]}}),
        ("risk", {"risk": risk(0.2, MODEL, {}) | {"basis": 5}}),
        ("risk", {"risk": risk(0.2, MODEL, {}) | {"contributions": [PART | {"points": "x"}]}}),
        ("risk", {"risk": risk(0.2, MODEL, {}) | {"contributions": [PART | {"more": 1}]}}),
        (
            "risk",
            {"risk": risk(0.2, MODEL, {}) | {"contributions": [PART | {"feature": "x.level"}]}},
        ),
        ("risk", {"risk": risk(0.2, MODEL, {}) | {"horizon_days": 10**9}}),
        ("rulebook_hash", {"rulebook_hash": "a\x00"}),
        ("$.at", {"at": NAIVE}),
        ("at: lies before 1900", {"at": ANCIENT}),
        ("at: lies in the future", {"at": "2026-06-01T12:00:01Z"}),
    ],
)
def test_a_score_that_cannot_be_read_is_refused_by_its_column_sec_43(
    column: str, told: dict[str, Any]
) -> None:
    with pytest.raises(InvalidError, match=r"tables\.json: assessment: ") as refused:
        scores_told.scores([judged(), judged(**told)], now=NOW)

    assert column in str(refused.value)


@pytest.mark.parametrize(
    ("column", "told"),
    [
        ("$.judged_at", {"judged_at": NAIVE}),
        ("$.answered_at", {"answered_at": NAIVE}),
        ("judged_at: lies before 1900", {"judged_at": ANCIENT}),
        ("at: lies in the future", {"at": "2999-01-01T00:00:00Z"}),
        ("answered_at: lies in the future", {"answered_at": "2999-01-01T00:00:00Z"}),
        ("answered_at: an answer has a time", {"answered_at": None}),
        ("note", {"note": "a\x00"}),
        ("answer", {"answer": "a\x00"}),
        ("$.ground", {"ground": "malice"}),
    ],
)
def test_a_contest_that_cannot_be_read_is_refused_by_its_column_sec_43(
    column: str, told: dict[str, Any]
) -> None:
    with pytest.raises(InvalidError, match=r"tables\.json: score_contest: ") as refused:
        scores_told.contests([doubted(), doubted(**told)], now=NOW)

    assert column in str(refused.value)


@pytest.mark.parametrize("column", ["note", "answer"])
def test_words_are_as_many_as_a_page_takes(column: str) -> None:
    with pytest.raises(InvalidError, match="characters"):
        scores_told.contests([doubted(**{column: "x" * 501})], now=NOW)


def test_values_within_values_without_end_are_refused() -> None:
    deep: Any = []
    for _ in range(5000):
        deep = [deep]

    for told in ({"notes": deep}, {"usual": {"heart_rate": deep}}):
        with pytest.raises(InvalidError, match="assessment: "):
            scores_told.scores([judged(**told)], now=NOW)
