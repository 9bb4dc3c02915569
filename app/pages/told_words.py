"""What the page of a message says, in its reader's language; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.answering.forms import DAILY, Fault, called
from alerts.patients import wording
from alerts.patients.wording import Kind
from fhir.questionnaire import OPTIONS, QUESTIONS
from monitoring import words
from monitoring.catalogue import ENGLISH
from monitoring.phrases import Instant, Phrase

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from alerts.answering.forms import Field, Measuring
    from alerts.answering.service import Page
    from alerts.hours import Place

KOREAN = "ko"


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: when, in which language, which number to call, and when their team reads."""

    now: datetime
    language: str
    emergency: str
    place: Place


@dataclass(frozen=True, slots=True)
class FieldPrint:
    """One number to type, as the page prints it."""

    name: str
    label: str
    units: list[tuple[str, str]]  # code, shown
    value: str
    unit: str
    fault: str


@dataclass(frozen=True, slots=True)
class MeasuringPrint:
    """One measurement to make: what, how, and its numbers."""

    name: str
    tip: str
    fields: list[FieldPrint]


@dataclass(frozen=True, slots=True)
class QuestionPrint:
    """One question with its answers: (value, words, chosen)."""

    name: str
    words: str
    options: list[tuple[str, str, bool]]
    fault: str


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything that the page of one message shows."""

    kind: Kind
    carer: bool
    said: list[str]
    measurings: list[MeasuringPrint]
    questions: list[QuestionPrint]
    until: str
    answered: bool
    alarming: bool
    reading: str
    emergency: Phrase
    faulty: bool
    unlikely: bool

    @property
    def asks(self) -> bool:
        """Return whether there is anything to answer."""
        return bool(self.questions) or any(each.fields for each in self.measurings)


def shown(
    page: Page, reader: Reader, *, said: Mapping[str, str], faults: Mapping[str, Fault]
) -> Shown:
    """Return a page in words; `said` is what was typed before, `faults` what is wrong with it."""
    language = reader.language
    until = page.until and Instant(page.until.timestamp(), page.zone)
    return Shown(
        kind=page.kind,
        carer=page.carer,
        said=wording.spoken(page.said, language, emergency=reader.emergency),
        measurings=[_measuring(each, language, said, faults) for each in page.measurings],
        questions=_questions(language, said, faults) if page.asks_daily else [],
        until=words.moment(until, language, spoken=True) if until else "",
        answered=page.answered,
        alarming=page.alarming,
        reading=reading(reader, page.zone),
        emergency=Phrase(reader.emergency or words.NO_NUMBER),
        faulty=bool(faults),
        unlikely=Fault.UNLIKELY in faults.values(),
    )


def reading(reader: Reader, zone: str) -> str:
    """Return when answers are read: never more than the hours of the team can keep."""
    language, place = reader.language, reader.place
    if place.reads(reader.now):
        return words.text(
            "Your answers are not read at once. At night nobody may read them.", language
        )
    again = place.reads_again(reader.now)
    if again is None:
        number = Phrase(reader.emergency or words.NO_NUMBER)
        unread = Phrase(
            "Nobody reads your answers now. If you need help, do not wait: call {emergency} now.",
            {"emergency": number},
        )
        return words.phrase(unread, language, spoken=True)
    closed = Phrase(
        "Nobody reads your answers now. Your care team reads them from {at}.",
        {"at": Instant(again.timestamp(), zone)},
    )
    return words.phrase(closed, language, spoken=True)


def _measuring(
    each: Measuring, language: str, said: Mapping[str, str], faults: Mapping[str, Fault]
) -> MeasuringPrint:
    ask = each.asks[0]
    return MeasuringPrint(
        name=words.phrase(called(ask.vital), language),
        tip=words.phrase(Phrase(ask.tip), language, spoken=True),
        fields=[_field(field, language, said, faults) for field in each.fields],
    )


def _field(
    field: Field, language: str, said: Mapping[str, str], faults: Mapping[str, Fault]
) -> FieldPrint:
    fault = faults.get(field.name)
    return FieldPrint(
        name=field.name,
        label=words.phrase(field.label, language),
        units=[(unit.code, words.text(unit.shown, language)) for unit in field.units],
        value=said.get(field.name, ""),
        unit=said.get(f"{field.name}_unit", ""),
        fault=words.text(fault, language) if fault else "",
    )


def _questions(
    language: str, said: Mapping[str, str], faults: Mapping[str, Fault]
) -> list[QuestionPrint]:
    asked = {each.code: each for each in QUESTIONS}
    korean = language == KOREAN
    return [
        QuestionPrint(
            name=code,
            words=asked[code].korean if korean else asked[code].english,
            options=[
                (value, ko if korean else en, said.get(code) == value)
                for _, value, en, ko in OPTIONS
            ],
            fault=words.text(faults[code], language) if code in faults else "",
        )
        for code in DAILY
    ]


def language_of(page: Page | None, asked: str, browser: str, site: str) -> str:
    """Return the language to show: what was asked for, the patient's own, the browser's."""
    own = page.language if page else ""
    return asked or own or browser or site or ENGLISH
