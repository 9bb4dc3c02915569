from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from alerts.inbox import TimelineEntry
from alerts.outcomes import ACTIONS
from app.health import PipelineStatus
from app.pages.explained import Reader
from app.pages.labels import concluded, conclusions, event_words
from app.pages.language import language
from app.pages.score import by_rules, risk_print
from app.pages.score_values import value_words
from app.pages.strip import strip
from app.pages.wording import age, emphasised, moment, relative
from core.errors import InvalidError
from core.vitals import Severity, Vital
from monitoring.findings import Assessment, Contribution, Risk
from monitoring.phrases import Phrase
from tests.alerts.test_inbox import view

NOW = datetime(2026, 11, 23, 1, 42, tzinfo=UTC)
SEOUL = ZoneInfo("Asia/Seoul")
READER = Reader(NOW, SEOUL, frozenset())


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(seconds=10), "just now"),
        (timedelta(minutes=3, seconds=50), "3 min ago"),
        (timedelta(minutes=119), "1 h ago"),
        (timedelta(hours=47), "47 h ago"),
        (timedelta(days=4, hours=5), "4 days ago"),
        (timedelta(seconds=-20), "in less than a minute"),
        (timedelta(minutes=-9), "in 9 min"),
        (timedelta(days=-3), "in 3 days"),
    ],
)
def test_spans_are_said_in_one_unit(span: timedelta, words: str) -> None:
    assert relative(span) == words


@pytest.mark.parametrize(
    ("ago", "absolute"),
    [
        (timedelta(hours=1), "09:42"),
        (timedelta(hours=12), "22 Nov 22:42"),
        (timedelta(days=400), "19 Oct 2025 10:42"),
    ],
)
def test_a_moment_names_its_day_unless_it_is_today_there(ago: timedelta, absolute: str) -> None:
    """UX-16: in the site's zone, 24 hours, with the instant for machines."""
    found = moment(NOW - ago, now=NOW, zone=SEOUL)

    assert found.absolute == absolute
    assert datetime.fromisoformat(found.iso) == NOW - ago


@pytest.mark.parametrize(
    ("sentence", "number"),
    [
        ("SpO2 86 %, usual 94 to 98", "86 %"),
        ("SpO2 186, then 86, usual", "86"),
        ("SpO2 fell", ""),
    ],
)
def test_the_number_that_matters_is_set_apart(sentence: str, number: str) -> None:
    found = emphasised(sentence, Vital.SPO2, 86.0)

    assert found.number == number
    assert found.before + found.number + found.after == sentence


def test_an_age_counts_whole_years() -> None:
    assert age(date(1942, 11, 24), date(2026, 11, 23)) == "83"
    assert age(None, date(2026, 11, 23)) == "age unknown"


def test_every_outcome_and_sub_reason_can_be_chosen_and_read_back() -> None:
    values = [option.value for group in conclusions() for option in group.options]

    read = [concluded(value, "", []) for value in values]

    expected = {(label, d) for label, details in ACTIONS.items() for d in details or ("",)}
    assert {(r.label, r.action) for r in read} == expected


def test_ticks_that_are_not_of_the_checklist_are_dropped() -> None:
    found = concluded("unsure/", " Later. ", ["goals", "<b>", "goals"])

    assert found.note == "[checked: goals] Later."
    with pytest.raises(InvalidError):
        concluded("unsure", "", [])


def test_the_timeline_names_people_and_reasons() -> None:
    def words(kind: str, reason: str, after: dict[str, object], who: str = "user") -> str:
        return event_words(
            TimelineEntry(NOW, kind, who, None, "Dr Han", reason, {}, after), "Fluid"
        )

    assert words("opened", "HF-W3", {"severity": "AMBER"}, "system") == (
        "Fluid: opened as AMBER (HF-W3)"
    )
    assert words("acknowledged", "acknowledged", {}) == "Fluid: acknowledged by Dr Han"
    assert words("not-notified", "not notified: late", {}, "system") == "Fluid: not notified: late"


def contribution(points: float, index: int = 0) -> Contribution:
    return Contribution(f"f{index}", f"Feature {index}", 1.0, points)


def judged(risk: Risk | None) -> Assessment:
    return Assessment("p", NOW, (), risk, "hash", "m1", notes=(Phrase("medicines not known"),))


def test_contributions_add_up_to_the_score() -> None:
    """UX-06: the printed parts, the rest put together, sum to the printed log-odds."""
    parts = tuple(contribution(0.5 - 0.1 * index, index) for index in range(12))
    total = -4.0 + sum(part.points for part in parts)
    risk = Risk(0.31, total, -4.0, parts, 7, "m1", "simulated data")

    found = risk_print(judged(risk), READER)

    printed = [float(part.points) for part in found.parts]
    assert sum(printed[:-1]) == pytest.approx(printed[-1], abs=0.02)
    assert found.parts[-2].label == "4 more together"
    assert len(found.rest) == 4
    assert (found.percent, found.trained_on) == ("31 %", "trained on simulated data")
    assert found.notes == ("medicines not known",)


def test_the_rules_verdict_stands_beside_the_score_which_lowers_nothing() -> None:
    red = replace(view(uuid4()).headline, severity=Severity.RED)
    own = replace(red, rule_id="RISK", severity=Severity.AMBER)
    low = Risk(0.08, -2.4, -4.0, (contribution(1.6),), 7, "m1", "simulated data")

    found = risk_print(replace(judged(low), findings=(own, red)), READER)

    assert (found.tier, found.percent) == (Severity.RED, "8 %")
    assert by_rules([own]) is None


def test_what_moves_the_score_is_said_with_its_value_and_its_share() -> None:
    parts = (
        Contribution("has.copd", "COPD", 0.0, -0.25),
        Contribution("spo2.latest", "SpO2: latest day against usual", -2.14, 0.5),
        Contribution("spo2.level", "SpO2: level of the last 3 days", 91.0, 0.25),
        Contribution("glucose.latest", "Glucose: latest day against usual", None, 0.0),
    )
    risk = Risk(0.31, -3.5, -4.0, parts, 7, "m1", "simulated data")

    found = risk_print(judged(risk), READER).moved

    assert [(each.value, each.effect) for each in found] == [
        ("\N{MINUS SIGN}2.1 times the usual variation", "raises it, 50 % of all"),
        ("no", "lowers it, 25 % of all"),
        ("91 %", "raises it, 25 % of all"),
    ]


@pytest.mark.parametrize(
    ("feature", "value", "words"),
    [
        ("age", 84.0, "84 years"),
        ("conditions", 3.0, "3"),
        ("contact.week", 1.0, "1 day"),
        ("spo2.measured", 6.0, "6 days"),
        ("contact.silence", 5.4, "5 h"),
        ("heart.now", 2.1, "+2.1 times the usual variation in sum"),
        ("body_weight.change60", -4.24, "\N{MINUS SIGN}4.2 %"),
        ("glucose.lowest", 61.0, "61 mg/dL"),
        ("spo2.recent", -2.5, "\N{MINUS SIGN}2.5 standard errors from usual"),
        ("feels_worse.told", 2.0, "2 days"),
        ("has.dementia", 1.0, "yes"),
        ("strain.week", 4.3, "+4.3 times the usual variation in sum"),
        ("body_weight.change7", None, "not known"),
    ],
)
def test_the_value_of_a_part_has_the_unit_of_its_feature(
    feature: str, value: float | None, words: str
) -> None:
    assert value_words(Contribution(feature, feature, value, 0.1), READER.said) == words


def test_a_missing_score_is_said_and_not_shown_as_nought() -> None:
    found = risk_print(judged(None), READER)

    assert not found.available
    assert found.percent == ""
    assert "rules alone" in found.why


def test_a_stopped_pipeline_turns_the_strip_even_when_nobody_has_an_alert() -> None:
    """UX-14, REL-35."""
    text = "no work has been completed lately"
    stopped = PipelineStatus((text,), False, None, said=(Phrase(text),))

    found = strip([], stopped, now=NOW, zone=SEOUL)

    assert not found.normal
    assert found.since is None
    assert found.faults == ("no work has been completed lately",)


def test_the_route_of_an_alert_is_told_in_the_readers_language_ux_17() -> None:
    facts: dict[str, object] = {"route": "the tier's own", "because": "no other is for this hour"}
    entry = TimelineEntry(
        NOW, "routed", "system", None, "Wardlight", "route taken", before={}, after=facts
    )

    said = event_words(entry, "체액", language("ko"))

    assert said == "체액: 선택된 경로: 등급의 기본 경로 (이 시간에 해당하는 다른 경로 없음)"
