"""What of a team's week is a measure in FHIR: counts and shares of everybody, never of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fhir.measure_report import Counts, Measured, Strata, Stratum
from reports.adherence import total
from reports.rates import NONE

if TYPE_CHECKING:
    from reports.rates import Rate
    from reports.weekly import Report


def measured(report: Report) -> list[Measured]:
    """Return the measures of a week, each with its definition."""
    return [
        _people(report),
        _opened(report),
        *_in_time(report),
        *_true(report),
        _days(report),
    ]


def _people(report: Report) -> Measured:
    parts = (
        ("got worse", len(report.worse)),
        ("got better", len(report.better)),
        ("silent", len(report.silent)),
        ("at risk of dropping out", sum(x.at_risk for x in report.enrolled)),
    )
    return Measured(
        name="people-monitored",
        title="People monitored",
        definition="Patients of the care team in the week.",
        improves="",
        counts=Counts(report.patients),
        strata=[Strata("how they did", [Stratum(name, Counts(n)) for name, n in parts])],
    )


def _opened(report: Report) -> Measured:
    by_tier = [Stratum(line.severity, Counts(line.opened)) for line in report.tiers]
    by_problem = [Stratum(line.problem, Counts(line.opened)) for line in report.problems]
    return Measured(
        name="alerts-opened",
        title="Alerts opened",
        definition="Alerts that began in the week: one for each patient and problem.",
        improves="",
        counts=Counts(report.opened),
        strata=[Strata("tier", by_tier), Strata("problem", by_problem)],
    )


def _in_time(report: Report) -> list[Measured]:
    by_tier = [
        Stratum(x.severity, _share(x.opened, x.on_time)) for x in report.tiers if x.on_time.of
    ]
    by_hours = [
        Stratum(name, _share(sum(x.opened for x in lines), total(x.on_time for x in lines)))
        for name, lines in (
            ("in service hours", report.in_hours),
            ("out of service hours", report.off_hours),
        )
    ]
    reached = [
        Stratum(x.severity, _share(x.opened, x.reached_on_time))
        for x in report.tiers
        if x.reached_on_time.of
    ]
    return [
        Measured(
            name="alerts-acknowledged-in-time",
            title="Alerts acknowledged within target",
            definition="Of the alerts opened in the week that were acknowledged or ended, or whose"
            " time is up, those for which that was within the target of their tier.",
            improves="increase",
            counts=_share(report.opened, total(x.on_time for x in report.tiers)),
            strata=[Strata("tier", by_tier), Strata("hours", by_hours)],
        ),
        Measured(
            name="people-reached-in-time",
            title="People reached within target",
            definition="Of the alerts opened in the week about which somebody was reached, or"
            " whose time for that is up, those for which it was within the target of their tier.",
            improves="increase",
            counts=_share(report.opened, total(x.reached_on_time for x in report.tiers)),
            strata=[Strata("tier", reached)],
        ),
    ]


def _true(report: Report) -> list[Measured]:
    actionable = [Stratum(x.problem, _share(x.opened, x.actionable)) for x in report.problems]
    events = [Stratum(x.problem, _share(x.opened, x.ppv)) for x in report.problems]
    return [
        Measured(
            name="alerts-actionable",
            title="PPV-actionable",
            definition="Of the week's alerts with an outcome that counts, those that were true"
            " and led to an action. Duplicates and unsure ones do not count.",
            improves="increase",
            counts=_share(report.opened, report.actionable),
            strata=[Strata("problem", actionable)],
        ),
        Measured(
            name="alerts-true",
            title="PPV",
            definition="Of the week's alerts with an outcome that counts, those that were true."
            " Duplicates and unsure ones do not count.",
            improves="increase",
            counts=_share(report.opened, report.ppv),
            strata=[Strata("problem", events)],
        ),
    ]


def _days(report: Report) -> Measured:
    sent = report.adherence_trend[-1] if report.adherence_trend else NONE
    return Measured(
        name="days-with-a-reading",
        title="Days with a reading",
        definition="Of the days of the week on which a reading was expected of somebody, those on"
        " which at least one was taken.",
        improves="increase",
        counts=Counts(sent.of, sent.of, sent.hits),
    )


def _share(whole: int, rate: Rate) -> Counts:
    return Counts(whole, rate.of, rate.hits)
