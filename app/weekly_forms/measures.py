"""What of a team's week is a measure in FHIR: counts and shares of everybody, never of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fhir.measure_report import Counts, Measured, Strata, Stratum

if TYPE_CHECKING:
    from reports.weekly import Rate, Report

SEVEN = 7


def measured(report: Report) -> list[Measured]:
    """Return the measures of a week, each with its definition."""
    return [
        _people(report),
        _opened(report),
        _in_time(report),
        *_true(report),
        _days(report),
    ]


def _people(report: Report) -> Measured:
    parts = (
        ("got worse", len(report.worse)),
        ("got better", len(report.better)),
        ("silent", len(report.silent)),
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


def _in_time(report: Report) -> Measured:
    lines = [line for line in report.tiers if line.on_time.of or line.opened]
    return Measured(
        name="alerts-acknowledged-in-time",
        title="Alerts acknowledged within target",
        definition="Of the alerts opened in the week that were acknowledged or whose time is up,"
        " those acknowledged within the target of their tier: RED 15 minutes, AMBER 4 hours,"
        " YELLOW 3 days.",
        improves="increase",
        counts=Counts(
            report.opened,
            sum(line.on_time.of for line in report.tiers),
            sum(line.on_time.hits for line in report.tiers),
        ),
        strata=[
            Strata("tier", [Stratum(x.severity, _share(x.opened, x.on_time)) for x in lines]),
        ],
    )


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
    possible = report.patients * report.possible_days
    sent = sum(line.days for line in report.adherence)
    return Measured(
        name="days-with-a-reading",
        title="Days with a reading",
        definition="Of the days of the week that have begun, for each patient, those on which at"
        " least one reading was taken.",
        improves="increase",
        counts=Counts(report.patients * SEVEN, possible, sent),
    )


def _share(whole: int, rate: Rate) -> Counts:
    return Counts(whole, rate.of, rate.hits)
