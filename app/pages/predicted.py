"""What the score predicts beside its main figure, and by which measurements (UX-06).

Alerts are decided by the likeliest family of events, so it is this family's parts that explain
them; a score stored before families were predicted is explained by its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.pages.score_values import effect, percent, value_words
from monitoring import words
from monitoring.by_measurement import by_measurement
from monitoring.families import ANY, FAMILIES
from reports.charts import Svg, bar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.pages.explained import Reader
    from app.pages.wording import Moment
    from monitoring.by_measurement import Measurement
    from monitoring.findings import FamilyRisk, Prediction, Risk

MOST_MEASUREMENTS = 5


@dataclass(frozen=True, slots=True)
class Family:
    """One family of events with its probability."""

    name: str
    percent: str


@dataclass(frozen=True, slots=True)
class Row:
    """What one measurement does to the score, with its latest reading and its weightiest part."""

    id: str
    label: str
    reading: str
    at: Moment | None
    most: str
    effect: str
    bar: Svg
    points: str


@dataclass(frozen=True, slots=True)
class Predictions:
    """Other horizons, families of events, and what each measurement does to the likeliest."""

    horizons: list[str]
    at_least: str  # by which of its parts the main figure stands, where not by its own estimate
    likeliest: str
    families: list[Family]
    caption: str
    rows: list[Row]
    rest: list[Row]
    start: str
    total: str


def predictions(risk: Risk, reader: Reader) -> Predictions:
    """Return what stands beside the main figure; a score of an earlier version has less."""
    explained = risk.family or risk
    rows = _rows(by_measurement(explained.contributions, risk.basis), risk, reader)
    return Predictions(
        horizons=_horizons(risk.others, reader),
        at_least=_at_least(risk, reader),
        likeliest=_likeliest(risk, reader),
        families=_families(risk.others, reader),
        caption=_caption(risk, reader),
        rows=rows[:MOST_MEASUREMENTS],
        rest=rows[MOST_MEASUREMENTS:],
        start=f"{explained.intercept:+.3f}",
        total=f"{explained.log_odds:+.3f}",
    )


def _horizons(others: Sequence[Prediction], reader: Reader) -> list[str]:
    """Return the probability of any worsening within each other horizon, the nearest first."""
    said = reader.said
    of_any = sorted((p for p in others if p.family == ANY), key=lambda p: p.horizon_days)
    return [
        said.say(
            "{percent} within {days} days",
            percent=percent(each.probability, said),
            days=each.horizon_days,
        )
        for each in of_any
    ]


def _at_least(risk: Risk, reader: Reader) -> str:
    """Return which part of the whole its figure is of, where that part came out likelier."""
    by = risk.by
    if by is None:
        return ""
    if by.family == ANY:
        return reader.said.say(
            "At least this: worsening within {days} days is by itself estimated so.",
            days=by.horizon_days,
        )
    return reader.said.say(
        "At least this: {family} within {days} days is by itself estimated so.",
        family=family_words(by.family, reader),
        days=by.horizon_days,
    )


def _families(others: Sequence[Prediction], reader: Reader) -> list[Family]:
    """Return the families of events, the likeliest first."""
    apart = sorted((p for p in others if p.family != ANY), key=lambda p: -p.probability)
    return [
        Family(family_words(p.family, reader), percent(p.probability, reader.said)) for p in apart
    ]


def family_words(name: str, reader: Reader) -> str:
    """Return what a family is called; one that this version has not, by its own name."""
    return words.text(FAMILIES[name], reader.language) if name in FAMILIES else name


def _apart(risk: Risk) -> FamilyRisk | None:
    """Return the likeliest family; None of a model that tells none apart."""
    return risk.family if risk.family and risk.family.family != ANY else None


def _likeliest(risk: Risk, reader: Reader) -> str:
    family = _apart(risk)
    if family is None:
        return ""
    return reader.said.say(
        "Most likely: {family}, {percent} within {days} days.",
        family=family_words(family.family, reader),
        percent=percent(family.probability, reader.said),
        days=risk.horizon_days,
    )


def _caption(risk: Risk, reader: Reader) -> str:
    family = _apart(risk)
    if family is None:
        return reader.said.say("What moves the score, by measurement")
    return reader.said.say(
        "What moves the most likely, by measurement: {family}",
        family=family_words(family.family, reader),
    )


def _rows(groups: Sequence[Measurement], risk: Risk, reader: Reader) -> list[Row]:
    moving = [each for each in groups if each.points]
    every = sum(abs(each.points) for each in moving)
    return [_row(each, every, abs(moving[0].points), risk, reader) for each in moving]


def _row(each: Measurement, every: float, largest: float, risk: Risk, reader: Reader) -> Row:
    said, reading = reader.said, ""
    if each.vital and each.latest:
        reading = words.quantity(each.latest.value, each.vital, reader.language)
    elif each.vital and risk.basis:
        reading = said.say("no reading in the last week")
    most = each.parts[0]
    return Row(
        id=f"risk-of-{each.key.replace('_', '-')}",
        label=said.say(each.label),
        reading=reading,
        at=reader.at(each.latest.effective) if each.latest else None,
        most=said.say(
            "{what} ({value})",
            what=words.text(most.label, reader.language),
            value=value_words(most, said),
        ),
        effect=effect(each.points, every, said),
        bar=bar(each.points, largest),
        points=f"{each.points:+.3f}",
    )
