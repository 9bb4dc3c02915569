"""The learned score with all its parts, which add up to it, or that there is none (UX-06).

The rules' verdict stands first: the score is an estimate beside it. What moves the score is said
in plain words, each part by its share of all; the log-odds are for who wants to add them up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.pages.predicted import Predictions, predictions
from app.pages.score_values import effect, percent, value_words
from app.pages.wording import Moment
from core.vitals import Severity
from monitoring import words
from monitoring.permitted import SCORES_OWN
from monitoring.phrases import Phrase, whole
from reports.charts import Svg, bar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.pages.explained import Reader
    from monitoring.findings import Assessment, Contribution, Finding, Risk

MOST_PARTS = 8
MOST_MOVED = 5
HORIZON = 7  # days, of a score that is not there


@dataclass(frozen=True, slots=True)
class Part:
    """One contribution to the score."""

    label: str
    bar: Svg | str
    points: str


@dataclass(frozen=True, slots=True)
class Moved:
    """One thing that moves the score: its value, which way, and how much of all that moves it."""

    label: str
    value: str
    effect: str
    bar: Svg


@dataclass(frozen=True, slots=True)
class RiskPrint:
    """The learned score, or why there is none; `tier` is what the rules say, None for nothing."""

    tier: Severity | None
    available: bool
    why: str
    percent: str
    title: str
    others: str
    trained_on: str
    model: str
    judged: Moment
    predictions: Predictions | None
    moved: list[Moved]
    parts: list[Part]
    rest: list[Part]
    notes: tuple[str, ...]


def risk_print(judged: Assessment, reader: Reader) -> RiskPrint:
    """Return the score with all its parts, which add up to it, or that there is none."""
    risk = judged.risk
    return RiskPrint(
        tier=by_rules(judged.findings),
        available=risk is not None,
        why=words.text(
            "The learned score is not available; the rules alone judged this.", reader.language
        ),
        percent=_figure(risk, reader) if risk else "",
        title=words.text(
            "Risk of worsening within {days} days",
            reader.language,
            days=whole(risk.horizon_days if risk else HORIZON),
        ),
        others=_others(risk, reader.language) if risk else "",
        trained_on=_trained(risk, reader.language) if risk else "",
        model=risk.model_id if risk else "",
        judged=reader.at(judged.at),
        predictions=predictions(risk, reader) if risk else None,
        moved=_moved(risk, reader) if risk else [],
        parts=_parts(risk, reader.language) if risk else [],
        rest=_rest(risk, reader.language) if risk else [],
        notes=tuple(words.phrase(note, reader.language) for note in judged.notes),
    )


def _figure(risk: Risk, reader: Reader) -> str:
    """Return the main figure; a lower bound where one of its parts speaks for it."""
    alone = percent(risk.probability, reader.said)
    return reader.said.say("at least {percent}", percent=alone) if risk.by else alone


def by_rules(findings: Iterable[Finding]) -> Severity | None:
    """Return the gravest tier that a rule found, the score's own aside; None where none did."""
    tiers = [each.severity for each in findings if each.rule_id != SCORES_OWN]
    return max(tiers, key=lambda tier: tier.rank, default=None)


def _moved(risk: Risk, reader: Reader) -> list[Moved]:
    """Return what moves the score most, in the order of its share."""
    moving = _by_size(risk)
    whole_of_it = sum(abs(each.points) for each in moving)
    if not whole_of_it:
        return []
    said, largest = reader.said, abs(moving[0].points)
    return [
        Moved(
            words.text(each.label, reader.language),
            value_words(each, said),
            effect(each.points, whole_of_it, said),
            bar(each.points, largest),
        )
        for each in moving[:MOST_MOVED]
        if each.points
    ]


def _trained(risk: Risk, language: str) -> str:
    return words.text("trained on {data}", language, data=Phrase(risk.trained_on))


def _others(risk: Risk, language: str) -> str:
    left = whole(max(len(risk.contributions) - MOST_PARTS, 0))
    return words.text("The other {count} parts", language, count=left)


def _parts(risk: Risk, language: str) -> list[Part]:
    """Return the start, the largest parts, the rest in one, and the sum of all."""
    moving = _by_size(risk)
    shown, rest = moving[:MOST_PARTS], moving[MOST_PARTS:]
    largest = max((abs(c.points) for c in shown), default=0.0)
    start, total = words.text("Start, for everybody", language), words.text("Sum", language)
    lines = [Part(start, "", f"{risk.intercept:+.2f}")]
    for each in shown:
        label = words.text(each.label, language)
        lines.append(Part(label, bar(each.points, largest), f"{each.points:+.2f}"))
    if rest:
        together = sum(c.points for c in rest)
        more = words.text("{count} more together", language, count=whole(len(rest)))
        lines.append(Part(more, "", f"{together:+.2f}"))
    return [*lines, Part(total, "", f"{risk.log_odds:+.2f}")]


def _rest(risk: Risk, language: str) -> list[Part]:
    """Return the parts that the first table puts together, each by itself."""
    left = _by_size(risk)[MOST_PARTS:]
    return [Part(words.text(c.label, language), "", f"{c.points:+.3f}") for c in left]


def _by_size(risk: Risk) -> list[Contribution]:
    return sorted(risk.contributions, key=lambda c: -abs(c.points))
