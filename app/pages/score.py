"""The learned score with all its parts, which add up to it, or that there is none (UX-06)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.pages.wording import Moment
from monitoring import words
from monitoring.phrases import Phrase, whole
from reports.charts import Svg, bar

if TYPE_CHECKING:
    from app.pages.explained import Reader
    from app.pages.language import Language
    from monitoring.findings import Assessment, Contribution, Risk

MOST_PARTS = 8
LEAST_PERCENT = 0.01
HORIZON = 7  # days, of a score that is not there


@dataclass(frozen=True, slots=True)
class Part:
    """One contribution to the score."""

    label: str
    bar: Svg | str
    points: str


@dataclass(frozen=True, slots=True)
class RiskPrint:
    """The learned score, or why there is none."""

    available: bool
    why: str
    percent: str
    title: str
    others: str
    trained_on: str
    model: str
    judged: Moment
    parts: list[Part]
    rest: list[Part]
    notes: tuple[str, ...]


def risk_print(judged: Assessment, reader: Reader) -> RiskPrint:
    """Return the score with all its parts, which add up to it, or that there is none."""
    risk = judged.risk
    return RiskPrint(
        available=risk is not None,
        why=words.text(
            "The learned score is not available; the rules alone judged this.", reader.language
        ),
        percent=_percent(risk.probability, reader.said) if risk else "",
        title=words.text(
            "Risk of worsening within {days} days",
            reader.language,
            days=whole(risk.horizon_days if risk else HORIZON),
        ),
        others=_others(risk, reader.language) if risk else "",
        trained_on=_trained(risk, reader.language) if risk else "",
        model=risk.model_id if risk else "",
        judged=reader.at(judged.at),
        parts=_parts(risk, reader.language) if risk else [],
        rest=_rest(risk, reader.language) if risk else [],
        notes=tuple(words.phrase(note, reader.language) for note in judged.notes),
    )


def _trained(risk: Risk, language: str) -> str:
    return words.text("trained on {data}", language, data=Phrase(risk.trained_on))


def _others(risk: Risk, language: str) -> str:
    left = whole(max(len(risk.contributions) - MOST_PARTS, 0))
    return words.text("The other {count} parts", language, count=left)


def _percent(probability: float, said: Language) -> str:
    if probability < LEAST_PERCENT:
        return said.say("under 1 %")
    return f"{probability * 100:.0f} %"


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
