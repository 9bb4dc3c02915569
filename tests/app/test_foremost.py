"""Which open alert stands first on a patient's page, which fold, and the picture of the first."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from alerts.inbox import DeliveryView, EpisodeView, Holding, TimelineEntry
from alerts.lifecycle import State
from alerts.survey import Brief, cases
from app.pages.explained import Reader
from app.pages.foremost import folded, in_order, pictures
from app.pages.language import language
from app.pages.limit_words import Limit
from app.pages.timeline import timeline
from app.pages.trends import Canvas, Past, trends
from core.vitals import Reading, Severity, Vital
from monitoring.comparison import Comparison
from monitoring.findings import Evidence, Usual
from reports.trend_chart import Band
from tests.alerts.test_inbox import view

NOW = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
START = NOW - timedelta(days=30)
READER = Reader(NOW, ZoneInfo("UTC"), frozenset())
WHO = uuid4()
SAID = language("en")


def open_(severity: Severity, state: State = State.OPEN, **facts: Any) -> EpisodeView:
    return view(WHO, severity, state=state, **facts)


def test_a_lesser_alert_folds_and_a_grave_one_that_nobody_took_never_does_ux_01() -> None:
    red = open_(Severity.RED)
    untaken, taken = open_(Severity.AMBER), open_(Severity.AMBER, State.ACKNOWLEDGED)
    looked_at, yellow = open_(Severity.AMBER, State.CLAIMED), open_(Severity.YELLOW)

    found = folded([red, untaken, looked_at, taken, yellow])

    assert found == {taken.id, yellow.id}


def test_what_is_graver_than_the_first_is_not_folded_although_somebody_put_it_off() -> None:
    yellow, put_off = open_(Severity.YELLOW), open_(Severity.AMBER, State.SNOOZED)

    assert in_order([put_off, yellow]) == [yellow, put_off]
    assert folded([yellow, put_off]) == set()


def test_of_two_reds_the_one_that_nobody_took_stands_first() -> None:
    taken, untaken = open_(Severity.RED, State.ACKNOWLEDGED), open_(Severity.RED)

    found = in_order([taken, untaken, open_(Severity.RED, State.RESOLVED)])

    assert found == [untaken, taken]
    assert folded(found) == {taken.id}


def charts(*vitals: Vital) -> list[Any]:
    readings = [
        Reading(str(uuid4()), vital, 80.0 + day, NOW - timedelta(days=9 - day), NOW)
        for vital in vitals
        for day in range(9)
    ]
    limit = Limit(START, NOW, 82.0, Severity.RED, Comparison.AT_LEAST)
    usual = {Vital.BODY_WEIGHT: Usual(81, 80, 82, 0.5, 20)}
    bands = {Vital.BODY_WEIGHT: [Band(START, NOW, 80, 82)]}
    past = Past(usual, bands, limits={Vital.BODY_WEIGHT: [limit]})
    return trends(readings, Canvas(NOW, START, READER.zone, language("en"), past=past))


def test_the_picture_of_the_first_alert_has_band_and_limit_ux_02() -> None:
    (found,) = pictures([open_(Severity.RED)], charts(Vital.BODY_WEIGHT), SAID)

    assert found.anchor == "trend-body-weight"
    assert found.drawn is not None
    assert 'class="band' in found.drawn
    assert 'class="limit' in found.drawn
    assert found.limits == ["RED ≥ 82.0 kg"]
    assert "Weight, 30 days" in found.drawn  # its words, for who cannot see it


def test_an_alert_of_several_measurements_shows_each_and_one_without_readings_says_so() -> None:
    one = open_(Severity.RED)
    vitals = (Vital.BODY_WEIGHT, Vital.HEART_RATE)
    evidence = tuple(Evidence(str(n), vital, 80.0, NOW) for n, vital in enumerate(vitals))
    several = replace(one, findings=(replace(one.headline, vital=None, evidence=evidence),))

    both = pictures([several], charts(*vitals), SAID)
    (none,) = pictures([one], charts(Vital.HEART_RATE), SAID)

    assert [each.title for each in both] == ["Weight", "Heart rate"]
    assert (none.drawn, none.caption) == (None, "no reading in the span of the trends")
    assert pictures([], charts(Vital.HEART_RATE), SAID) == []


def delivery(who: str, state: str, at: datetime) -> DeliveryView:
    return DeliveryView(who, "email", state, 1, at, None, None, None, None)


def test_one_message_is_one_line_with_its_addressees_behind_it_and_decisions_stay_single() -> None:
    at = NOW - timedelta(hours=1)
    states = ("delivered", "delivered", "handed-over", "failed")
    sent = tuple(delivery(f"Dr {n}", state, at) for n, state in enumerate(states))
    later = delivery("Dr 9", "waiting", NOW)
    events = tuple(
        TimelineEntry(at + timedelta(minutes=n + 1), kind, "user", None, "Dr Han", kind, {}, {})
        for n, kind in enumerate(("claimed", "acknowledged"))
    )
    episode = open_(Severity.RED, deliveries=(*sent, later), timeline=events)

    found = timeline([episode], READER)

    assert [line.words for line in found] == [
        "Fluid: email to Dr 9, waiting",
        "Fluid: acknowledged by Dr Han",
        "Fluid: claimed by Dr Han",
        "Fluid: message to 4 addressees: 1 handed over, 2 delivered, 1 failed",
    ]
    assert found[-1].detail[3] == "Fluid: email to Dr 3, failed"
    assert len(found[-1].detail) == 4
    assert found[0].detail == []


def test_of_alerts_that_are_equal_in_everything_both_pages_lead_with_the_same_ux_01() -> None:
    one, other = open_(Severity.RED), open_(Severity.RED)
    briefs = [
        Brief(e.id, WHO, 1, e.severity, e.state, e.opened_at, None, None, None, e.problem)
        for e in (one, other)
    ]

    for turned in (False, True):
        step = -1 if turned else 1
        (case,) = cases(briefs[::step], physician=True)
        page = in_order([one, other][::step])

        assert [each.id for each in case.alerts] == [each.id for each in page]
        assert case.first.id == min(one.id, other.id)


def test_what_the_reader_owns_or_looks_at_is_never_folded() -> None:
    red, me = open_(Severity.RED), uuid4()
    owned = open_(Severity.AMBER, State.ACKNOWLEDGED, owner_id=me)
    claimed = open_(Severity.YELLOW, State.CLAIMED, holding=Holding(claimed_by_id=me))
    nobodys = open_(Severity.YELLOW)

    assert folded([red, owned, claimed, nobodys], {me}) == {nobodys.id}
    assert folded([red, owned, claimed, nobodys], {uuid4()}) == {owned.id, claimed.id, nobodys.id}
