"""Numbers, times and states as a clinician reads them; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

from app.pages.language import MINUTE
from app.pages.language import language as spoken_in
from core.vitals import MEASURES, Quality, Vital
from monitoring import learnt, words
from monitoring.catalogue import ENGLISH

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime, timedelta, tzinfo

    from monitoring.findings import Finding, Usual

QUALITY_WORDS: dict[Quality, str] = {
    Quality.SCORED: "yes",
    Quality.BOUND: "as a limit only",
    Quality.IMPLAUSIBLE: "no: implausible",
    Quality.UNIT_UNSURE: "no: unit unsure",
    Quality.TIME_UNSURE: "no: time unsure",
    Quality.FUTURE: "no: dated in the future",
    Quality.CONFLICT: "no: conflicts with another value",
    Quality.INCONSISTENT: "no: inconsistent",
    Quality.MEANING_UNSURE: "no: meaning unsure",
    Quality.STATUS_UNKNOWN: "no: status unknown",
    Quality.ABSENT: "no: not measured",
    Quality.WITHDRAWN: "no: withdrawn",
}


@dataclass(frozen=True, slots=True)
class Moment:
    """One instant in the forms that a page needs."""

    iso: str
    absolute: str
    relative: str
    overdue: str = ""  # since how long it has been past, where that is a minute or more


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with the number that matters set apart, so that it can stand out."""

    before: str
    number: str = ""
    after: str = ""


def moment(at: datetime, *, now: datetime, zone: tzinfo, language: str = ENGLISH) -> Moment:
    """Return an instant with its local words in a language: 24 h, the day unless it is today."""
    said = spoken_in(language)
    return Moment(
        iso=at.astimezone(UTC).isoformat(timespec="seconds"),
        absolute=said.absolute(at, now=now, zone=zone),
        relative=said.relative(now - at),
        overdue=said.span(now - at) if now - at >= MINUTE else "",
    )


def maybe(
    at: datetime | None, *, now: datetime, zone: tzinfo, language: str = ENGLISH
) -> Moment | None:
    """Return the moment of an instant that may be unknown."""
    return None if at is None else moment(at, now=now, zone=zone, language=language)


def relative(span: timedelta) -> str:
    """Return how long ago, or in how long, in English."""
    return spoken_in(ENGLISH).relative(span)


def amount(span: timedelta) -> str:
    """Return a span in one unit, in English."""
    return spoken_in(ENGLISH).span(span)


def number(vital: Vital, value: float) -> str:
    """Return a value with the digits its vital is shown with."""
    return f"{value:.{MEASURES[vital].decimals}f}"


def quantity(vital: Vital, value: float) -> str:
    """Return a value with its unit."""
    return f"{number(vital, value)} {MEASURES[vital].unit_display}"


def usual_words(vital: Vital, usual: Usual) -> str:
    """Return the usual range with what stands behind it."""
    sure = "provisional, " if usual.provisional else ""
    low, high = number(vital, usual.low), number(vital, usual.high)
    learnt_how = f"{sure}{usual.days} days{learnt.briefly(usual.restart)}"
    return f"usual {low}–{high}{learnt.of_which(usual)} ({learnt_how})"  # noqa: RUF001 (an en dash joins a range)


def spoken(finding: Finding, language: str) -> Sentence:
    """Return what a finding says to a clinician, its number set apart."""
    said = words.clinician(finding, language)
    return emphasised(said, finding.vital, finding.value, language)


def emphasised(
    sentence: str, vital: Vital | None, value: float | None, language: str = ENGLISH
) -> Sentence:
    """Set apart the first place where the sentence speaks of the value, with its unit."""
    if vital is None or value is None:
        return Sentence(sentence)
    wanted = words.quantity(value, vital, language), words.figure(value, vital, language)
    return set_apart(sentence, wanted)


def set_apart(sentence: str, wanted: Sequence[str]) -> Sentence:
    """Set apart the first place of the first of some texts that stands in a sentence."""
    for each in wanted:
        found = _place(sentence, each)
        if found >= 0:
            end = found + len(each)
            return Sentence(sentence[:found], each, sentence[end:])
    return Sentence(sentence)


def _place(sentence: str, wanted: str) -> int:
    """Return where a number stands as a whole, not inside a longer one."""
    start = sentence.find(wanted)
    while start >= 0:
        around = sentence[start - 1 : start] + sentence[start + len(wanted) :][:1]
        if not any(char.isdigit() for char in around):
            return start
        start = sentence.find(wanted, start + 1)
    return -1


def age(birth_date: date | None, today: date) -> str:
    """Return the age in whole years, or that it is unknown."""
    if birth_date is None:
        return "age unknown"
    before = (today.month, today.day) < (birth_date.month, birth_date.day)
    return str(today.year - birth_date.year - before)


def plural(count: int, one: str, many: str) -> str:
    """Return a count with its noun."""
    return f"{count} {one if count == 1 else many}"
