"""A row that the learned score made: first what was measured, then the score in short; pure."""

from __future__ import annotations

from app.pages.course import Subject, range_words, shown
from app.pages.measured import measured
from app.pages.wording import Sentence, set_apart
from core.vitals import MEASURES, Vital
from monitoring import words
from monitoring.families import FAMILIES
from monitoring.findings import Evidence, Usual
from monitoring.leading import decisive
from monitoring.phrases import Phrase, number
from reports.charts import Point


def of_score(row: Subject) -> Sentence:
    """Return the newest unusual reading of what raised the score most, or that there is none."""
    said, vital = row.said, row.vital
    if vital is None:
        return Sentence(said.say("No single measurement raised the score."))
    if not row.points:
        measure, day = said.say(MEASURES[vital].display), row.day_words(row.since)
        return Sentence(said.say("{measure}: no reading since {day}.", measure=measure, day=day))
    newest, usual = row.points[-1], row.usual
    if usual is None or not _inside(newest.value, usual, vital):
        reading = Evidence("", vital, newest.value, newest.at)
        return measured(row, reading, number(newest.value, vital))
    return _normal_again(row, newest, usual, vital)


def _normal_again(row: Subject, newest: Point, usual: Usual, vital: Vital) -> Sentence:
    """Return the newest unusual reading with the newest of all, or that the week has none."""
    said, measure = row.said, row.said.say(MEASURES[vital].display)
    now, span = words.quantity(newest.value, vital, said.name), range_words(row, usual)
    unusual = [p for p in row.points if p.at >= row.week and not _inside(p.value, usual, vital)]
    if not unusual:
        text = said.say(
            "{measure} {amount}: no reading of the last 7 days outside the usual {range}.",
            measure=measure,
            amount=now,
            range=span,
        )
        return set_apart(text, (now,))
    amount = words.quantity(unusual[-1].value, vital, said.name)
    text = said.say(
        "{measure} {amount} on {day}, usual {range}; newest {newest}.",
        measure=measure,
        amount=amount,
        day=row.day_words(unusual[-1].at),
        range=span,
        newest=now,
    )
    return set_apart(text, (amount,))


def _inside(value: float, usual: Usual, vital: Vital) -> bool:
    """Return whether a value lies within its usual, as both are shown."""
    low, high = shown(max(usual.low, 0.0), vital), shown(usual.high, vital)
    return low <= shown(value, vital) <= high


def score_words(row: Subject) -> str:
    """Return the score in short, with what it was trained on and how much it did not know."""
    risk = row.grounds.risk
    if risk is None:
        return ""
    unknown = sum(part.value is None for part in risk.contributions)
    return row.said.say(
        "Learned score for {family}: {percent} % within {days} days ({trained}); {unknown} of"
        " {count} inputs unknown.",
        percent=f"{100 * decisive(risk).probability:.0f}",
        family=words.text(
            FAMILIES.get(risk.family.family if risk.family else "", "worsening"), row.said.name
        ),
        days=risk.horizon_days,
        trained=words.text("trained on {data}", row.said.name, data=Phrase(risk.trained_on)),
        unknown=unknown,
        count=len(risk.contributions),
    )
