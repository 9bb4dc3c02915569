"""The one place that makes words: a finding's sentences in the reader's language.

Inbox, patient page, FHIR `detail`, report and what a patient is told all come from here. Each
part is a whole sentence of the catalogue; numbers, dates and lists are as the language has them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from babel.dates import format_datetime, format_skeleton
from babel.lists import format_list
from babel.numbers import parse_pattern

from core.vitals import MEASURES
from monitoring import learnt
from monitoring.bound_words import beside_unit
from monitoring.catalogue import ENGLISH, catalogue, to_patients
from monitoring.findings import Missing, Spoken
from monitoring.phrases import Day, Instant, Number, Phrase, measured, number
from monitoring.windows import zone_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from core.vitals import Vital
    from monitoring.catalogue import Catalogue
    from monitoring.findings import Alternative, Evidence, Finding, Says, Usual
    from monitoring.phrases import Value

MOST_NAMED = 7  # of what was not known, in one sentence
NO_NUMBER = "the emergency number"


@dataclass(frozen=True, slots=True)
class Other:
    """Another explanation: its name, what the record says of it, what to ask."""

    name: str
    evidence: str
    ask: str


_ENDS = (".", "!", "?", ":")
# Where a clock of 24 hours is not how people speak: hour, and minutes unless it is sharp.
_SAID = {"ko": ("aaaa h시", " m분")}


def clinician(finding: Finding, language: str = ENGLISH) -> str:
    """Return what a finding says to a clinician: what fired, against what, and what is doubtful."""
    said = finding.says
    if isinstance(said, Spoken):
        return said.clinician
    return " ".join(sentence(each, language) for each in sentences(finding, said))


def headline(finding: Finding, language: str = ENGLISH) -> str:
    """Return only what fired, in one sentence."""
    said = finding.says
    return said.clinician if isinstance(said, Spoken) else sentence(said.main, language)


def sentence(said: Phrase, language: str = ENGLISH) -> str:
    """Return a phrase as a whole sentence, with its full stop."""
    text = phrase(said, language)
    return text if text.endswith(_ENDS) else f"{text}."


def patient(
    finding: Finding,
    language: str = ENGLISH,
    *,
    emergency: str = "",
    closing: Phrase | None = None,
) -> str:
    """Return what the person is told, in whole sentences; `emergency` is the site's number.

    `closing` is said instead of when the care team will be in touch, where nobody reads.
    """
    said = finding.says
    if isinstance(said, Spoken):
        return said.patient
    book = to_patients(language)
    number_ = emergency or book.text(NO_NUMBER)
    usual = book.text(said.closing).replace("{emergency}", number_)
    end = usual if closing is None else of_book(closing, book)
    return f"{of_book(Phrase(said.patient, said.facts), book)} {end}".strip()


def counterfactual(finding: Finding, language: str = ENGLISH) -> str:
    """Return what would have made it not fire, or nothing where nobody can say."""
    said = finding.says
    if isinstance(said, Spoken):
        return said.counterfactual
    return phrase(said.otherwise, language) if said.otherwise else ""


def alternatives(finding: Finding, language: str = ENGLISH) -> list[Other]:
    """Return what else could explain it, in words: two for a grave finding, else none."""
    said = finding.says
    return [] if isinstance(said, Spoken) else [_other(a, language) for a in said.alternatives]


def _other(each: Alternative, language: str) -> Other:
    book = catalogue(language)
    silent = Phrase("The record says nothing for or against it.")
    signs = [phrase(sign, language) for sign in each.signs or (silent,)]
    return Other(book.text(each.words), " ".join(signs), book.text(each.ask))


def detail(finding: Finding, language: str = ENGLISH) -> str:
    """Return all that is said of a finding in one text, for who has no page to open."""
    parts = [clinician(finding, language), counterfactual(finding, language)]
    said = finding.says
    for each in () if isinstance(said, Spoken) else said.alternatives:
        also = Phrase("Consider also: {alternative}.", {"alternative": Phrase(each.words)})
        other = _other(each, language)
        parts += [phrase(also, language), other.evidence, other.ask]
    return " ".join(part for part in parts if part)


def missing(finding: Finding, language: str = ENGLISH) -> str:
    """Return a list of what was not known, or nothing."""
    return _listed([catalogue(language).text(each) for each in finding.missing], language)


def sentences(finding: Finding, said: Says) -> Iterator[Phrase]:
    """Yield the sentences of a finding as phrases, in the order in which they are read."""
    yield said.main
    if said.beside_usual and finding.vital is not None and finding.value is not None:
        yield from against_usual(finding.value, finding.usual, finding.vital)
        yield from learnt.sentences(finding.usual, said.restart)
    yield from said.together
    if said.because is not None:
        yield Phrase("It is graver because of this: {reason}.", {"reason": said.because})
    if not finding.confirmed:
        yield Phrase("It is unconfirmed: the measurement has not been repeated yet.")
    yield from _unknown(finding)


def _unknown(finding: Finding) -> Iterator[Phrase]:
    unknown = tuple(Phrase(each) for each in finding.missing if each != Missing.BASELINE)
    if len(unknown) > MOST_NAMED:  # a learned score has dozens of inputs
        yield Phrase("{count} of its inputs were not known.", {"count": Number(len(unknown))})
    elif unknown:
        yield Phrase("Not known: {missing}.", {"missing": unknown})


def against_usual(value: float, usual: Usual | None, vital: Vital) -> Iterator[Phrase]:
    """Yield how far a value lies from the person's usual, its range, and its days."""
    if usual is None:
        yield Phrase("There is no personal baseline yet.")
        return
    unit = MEASURES[vital].unit_display
    # Between the numbers as shown, so that whoever subtracts them gets the same.
    shown, centre = number(value, vital), number(usual.centre, vital)
    away = round(float(str(shown)) - float(str(centre)), 3)
    facts: dict[str, Value] = {
        "away": number(abs(away), vital),
        "points": _points(away) if unit == "%" else Phrase(unit),
        "usual": centre,
        "low": number(max(usual.low, 0.0), vital),
        "high": number(usual.high, vital),
        "unit": Phrase(unit),
        "days": Number(usual.days),
    }
    yield _beside(away, facts)
    if usual.provisional:
        yield Phrase("This usual is provisional: it rests on {days} days.", facts)


def _points(away: float) -> Phrase:
    return Phrase("point" if abs(away) == 1 else "points")


def _beside(away: float, facts: Mapping[str, Value]) -> Phrase:
    if not away:
        return Phrase(
            "That is the usual {usual} {unit} (range {low}–{high} {unit}, {days} days).",  # noqa: RUF001 (an en dash is how a range is written)
            facts,
        )
    if away > 0:
        return Phrase(
            "That is {away} {points} above the usual {usual} {unit} "
            "(range {low}–{high} {unit}, {days} days).",  # noqa: RUF001 (as above)
            facts,
        )
    return Phrase(
        "That is {away} {points} below the usual {usual} {unit} "
        "(range {low}–{high} {unit}, {days} days).",  # noqa: RUF001 (as above)
        facts,
    )


class _Facts(dict[str, str]):
    """The facts of a phrase, made into words as its sentence asks for them."""

    def __init__(self, facts: Mapping[str, Value], book: Catalogue) -> None:
        super().__init__()
        self._facts, self._book = facts, book

    def __missing__(self, name: str) -> str:
        known = self._facts.get(name)
        return "–" if known is None else _fact(known, self._book)  # noqa: RUF001 (a dash: not known)


def phrase(said: Phrase, language: str = ENGLISH, *, spoken: bool = False) -> str:
    """Return a phrase in a language, to a patient where `spoken`; an unknown fact is a dash."""
    return of_book(said, to_patients(language) if spoken else catalogue(language))


def of_book(said: Phrase, book: Catalogue) -> str:
    """Return a phrase by the messages of one catalogue."""
    template = book.text(said.id)
    if said.plural:
        count = said.facts["count"]
        amount = int(count.value) if isinstance(count, Number) else 0
        template = book.of_number(said.id, said.plural, amount)
    template, facts = beside_unit(template, said.facts, book)
    return template.format_map(_Facts(facts, book)) if facts else template


def _fact(value: Value, book: Catalogue) -> str:
    if isinstance(value, Number):
        return _grouped(str(value), book.language)
    if isinstance(value, Instant):
        return moment(value, book.language, spoken=book.spoken)
    if isinstance(value, Day):
        local = date.fromordinal(value.ordinal)
        return str(format_skeleton("MMMd", local, locale=book.locale))
    if isinstance(value, Phrase):
        return of_book(value, book)
    return _listed([of_book(each, book) for each in value], book.language)


@lru_cache(4096)
def _grouped(shown: str, language: str) -> str:
    decimals = len(shown.partition(".")[2])
    pattern = parse_pattern("#,##0." + "0" * decimals if decimals else "#,##0")
    return str(pattern.apply(Decimal(shown), catalogue(language).locale))


def figure(value: float, vital: Vital, language: str = ENGLISH) -> str:
    """Return a value as it stands in a sentence, so that a page can find and mark it."""
    return _grouped(str(number(value, vital)), language)


def quantity(value: float, vital: Vital, language: str = ENGLISH) -> str:
    """Return a value with its unit."""
    unit = Phrase(MEASURES[vital].unit_display)
    facts: dict[str, Value] = {"value": number(value, vital), "unit": unit}
    return phrase(Phrase("{value} {unit}", facts), language).strip()


def reading(each: Evidence, zone: str, language: str = ENGLISH) -> str:
    """Return one reading behind a finding, with its time."""
    facts: dict[str, Value] = {
        "reading": measured(each.vital, each.value),
        "at": Instant(each.effective.timestamp(), zone),
    }
    return phrase(Phrase("{reading}, {at}", facts), language)


def text(message: str, language: str = ENGLISH, **facts: Value) -> str:
    """Return a message in a language, with its facts."""
    return phrase(Phrase(message, facts), language)


def band(usual: Usual, vital: Vital, language: str = ENGLISH) -> str:
    """Return a person's usual range with what stands behind it."""
    facts: dict[str, Value] = {
        "low": number(max(usual.low, 0.0), vital),
        "high": number(usual.high, vital),
        "unit": Phrase(MEASURES[vital].unit_display),
        "days": Number(usual.days),
    }
    if usual.provisional:
        return phrase(Phrase("{low}–{high} {unit} ({days} days, provisional)", facts), language)  # noqa: RUF001 (an en dash is how a range is written)
    return phrase(Phrase("{low}–{high} {unit} ({days} days)", facts), language)  # noqa: RUF001 (as above)


def moment(at: Instant, language: str = ENGLISH, *, spoken: bool = False) -> str:
    """Return an instant as the person's local day and time; `spoken`: as people say it."""
    locale = catalogue(language).locale
    local = datetime.fromtimestamp(at.at, UTC).astimezone(zone_of(at.zone))
    hour, minutes = _SAID.get(language if spoken else "", ("HH", ":mm"))
    sharp = spoken and language in _SAID and not local.minute
    clock = hour if sharp else hour + minutes
    pattern = f"{locale.datetime_skeletons['MMMd'].pattern} {clock}"
    return str(format_datetime(local, pattern, tzinfo=local.tzinfo, locale=locale))


def _listed(texts: list[str], language: str) -> str:
    return str(format_list(texts, locale=catalogue(language).locale)) if texts else ""
