"""The metrics in the Prometheus text format; every label has a closed set of values (SEC-26).

Each series is there from the start, with 0, so that a rule on it never finds nothing. A value
that the set does not know is counted as `other`: what is stored can never become a label.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from alerts.delivery.repository import DeliveryState
from alerts.lifecycle import LIVE
from alerts.policy import Channel
from app.health import QUEUES
from core.vitals import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    Counted = Mapping[tuple[str, ...], float]  # by the values of its labels

OTHER = "other"
TIERS = tuple(each.value for each in Severity)
STATES = tuple(each.value for each in LIVE)
CHANNELS = tuple(each.value for each in Channel)
DELIVERIES = tuple(each.value for each in DeliveryState)
REPORTS = ("on-time", "late", "failed", "overdue")


@dataclass(frozen=True, slots=True)
class Numbers:
    """What was counted, by what is stored; None where nothing is known yet."""

    oldest: Counted = field(default_factory=dict)  # seconds, by queue
    waiting: Counted = field(default_factory=dict)
    in_flight: Counted = field(default_factory=dict)
    parked: Counted = field(default_factory=dict)
    accepted: int = 0
    opened: Counted = field(default_factory=dict)  # by tier
    live: Counted = field(default_factory=dict)  # by tier and state
    deliveries: Counted = field(default_factory=dict)  # by channel and state
    overdue: float = 0.0
    latest: float = 0.0
    normal: bool = False
    unjudged: int = 0
    clean: bool = False
    auditor_age: float | None = None
    heartbeat_age: float | None = None
    loop_age: float | None = None
    loop_seconds: float | None = None
    idle_groups: int = 0
    incident: bool = False
    reports: Counted = field(default_factory=dict)  # of the last weeks, by how they came
    report_overdue: float = 0.0
    report_share: float | None = None


def exposition(numbers: Numbers) -> bytes:
    """Return the numbers as a scrape answers them."""
    registry = CollectorRegistry()
    registry.register(_Collector(numbers))
    return generate_latest(registry)


class _Collector(Collector):
    def __init__(self, numbers: Numbers) -> None:
        self.numbers = numbers

    def collect(self) -> Iterable[Metric]:
        """Yield each metric, that which matters most first (REL-26)."""
        yield from _queues(self.numbers)
        yield from _work(self.numbers)
        yield from _watch(self.numbers)
        yield from _reports(self.numbers)


def _queues(n: Numbers) -> Iterator[Metric]:
    text = "How long the oldest due row of each queue has waited."
    yield _labelled("wardlight_oldest_row_seconds", text, ("queue",), n.oldest)
    text = "Rows that are with nobody yet, those for later included."
    yield _labelled("wardlight_rows_waiting", text, ("queue",), n.waiting)
    text = "Rows that are handed out."
    yield _labelled("wardlight_rows_in_flight", text, ("queue",), n.in_flight)
    text = "Rows that were given up and wait for a person."
    yield _labelled("wardlight_rows_parked", text, ("queue",), n.parked)


def _work(n: Numbers) -> Iterator[Metric]:
    text = "Observations that were accepted in the last five minutes."
    yield _gauge("wardlight_observations_accepted_recently", text, n.accepted)
    text = "Alerts that opened in the last 24 hours, by the gravest tier each was."
    yield _labelled("wardlight_alerts_opened", text, ("tier",), n.opened)
    text = "Alerts that are not over."
    yield _labelled("wardlight_alerts_live", text, ("tier", "state"), n.live)
    text = "Messages of the last 24 hours, by where they stand."
    yield _labelled("wardlight_deliveries", text, ("channel", "delivery"), n.deliveries)
    text = "How long the step that is most overdue waits already."
    yield _gauge("wardlight_escalation_overdue_seconds", text, n.overdue)
    text = "How late the latest step of the last hour acted."
    yield _gauge("wardlight_escalation_late_seconds", text, n.latest)
    text = "People whom no judgement reached lately."
    yield _gauge("wardlight_unjudged_people", text, n.unjudged)


def _watch(n: Numbers) -> Iterator[Metric]:
    yield _gauge("wardlight_alerting_normal", "1 while every page says so.", n.normal)
    text = "1 while the auditor looked lately and found nothing that it could not mend."
    yield _gauge("wardlight_auditor_clean", text, n.clean)
    text = "1 while hardly anybody's readings arrive."
    yield _gauge("wardlight_arrivals_incident", text, n.incident)
    text = "Groups of workers that complete nothing."
    yield _gauge("wardlight_worker_groups_idle", text, n.idle_groups)
    for name, text, value in (
        ("auditor_age", "Since the auditor last looked.", n.auditor_age),
        ("heartbeat_age", "Since the watch last found all well.", n.heartbeat_age),
        ("loop_age", "Since a synthetic reading last came through.", n.loop_age),
        ("loop", "How long the last synthetic reading took to its message.", n.loop_seconds),
    ):
        if value is not None:
            yield _gauge(f"wardlight_{name}_seconds", text, value)


def _reports(n: Numbers) -> Iterator[Metric]:
    text = "Weekly reports of the last 13 weeks, each once, by whether they came in time."
    yield _labelled("wardlight_weekly_reports", text, ("report",), n.reports)
    text = "How long the weekly report that is longest awaited has been due."
    yield _gauge("wardlight_weekly_report_overdue_seconds", text, n.report_overdue)
    if n.report_share is not None:
        text = "Share of the weekly reports of the last 13 weeks that came in time."
        yield _gauge("wardlight_weekly_reports_on_time_ratio", text, n.report_share)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


def _labelled(name: str, text: str, labels: tuple[str, ...], found: Counted) -> Metric:
    metric = GaugeMetricFamily(name, text, labels=labels)
    for values, number in _closed(labels, found).items():
        metric.add_metric(values, number)
    return metric


LABELS = {
    "queue": (*QUEUES.values(), OTHER),
    "tier": (*TIERS, OTHER),
    "state": (*STATES, OTHER),
    "channel": (*CHANNELS, OTHER),
    "delivery": (*DELIVERIES, OTHER),
    "report": (*REPORTS, OTHER),
}


def _closed(labels: tuple[str, ...], found: Counted) -> Counted:
    """Return a number for each combination of known values; what is unknown is another."""
    sets = [LABELS[label] for label in labels]
    numbers: dict[tuple[str, ...], float] = dict.fromkeys(product(*sets), 0)
    for values, number in found.items():
        known = tuple(v if v in s else OTHER for v, s in zip(values, sets, strict=True))
        numbers[known] += number
    return numbers
