"""What the pages say of themselves, in the reader's language, by whole sentences.

A message is named by its English text. `app/locales/<language>/` holds a gettext catalogue for
each part of the pages; what none of them has is looked for among the words of the judgement,
and is said in English where nobody translated it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from babel.dates import format_skeleton
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from markupsafe import Markup, escape

from core.errors import Sentence
from monitoring import words
from monitoring.catalogue import ENGLISH, LANGUAGES, Catalogue, catalogue
from monitoring.phrases import Phrase

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

    from core.errors import WardlightError

LOCALES = Path(__file__).parent.parent / "locales"
NAMES = {ENGLISH: "English", "ko": "한국어"}  # each as its readers call it
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Language:
    """One language of the pages."""

    name: str

    def say(self, message: str, **facts: object) -> str:
        """Return a sentence with its facts; whole numbers are grouped as the language has it.

        Raises
        ------
        KeyError
            Where the sentence asks for a fact that was not given.
        """
        return self._made(self._text(message), facts)

    def count(self, one: str, many: str, count: int, **facts: object) -> str:
        """Return the sentence that a number asks for; it stands in it as `{count}`."""
        return self._made(self._book.of_number(one, many, count), {"count": count, **facts})

    def refusal(self, error: WardlightError) -> str:
        """Return why something was refused, as a sentence that stands by itself."""
        text = self.say(error.sentence, **error.facts)
        return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith((".", "!", "?")) else ".")

    def phrase(self, said: Phrase) -> str:
        """Return a phrase of the judgement, of alerting or of the program in words."""
        return words.of_book(said, self._book)

    def markup(self, message: str, **facts: object) -> Markup:
        """Return a sentence for a template: what is data is escaped, what is markup stands."""
        text = escape(self._text(message))
        if not facts:
            return text
        return text.format_map({name: self._fact(value) for name, value in facts.items()})

    def relative(self, span: timedelta) -> str:
        """Return how long ago, or in how long: the words that the page's script keeps fresh."""
        if timedelta() <= span < MINUTE:
            return self.say("just now")
        if -MINUTE < span < timedelta():
            return self.say("in less than a minute")
        if span < timedelta():
            return self.say("in {span}", span=self.span(-span))
        return self.say("{span} ago", span=self.span(span))

    def span(self, span: timedelta) -> str:
        """Return a span in one unit: minutes to the hour, hours to two days, then days."""
        if span < HOUR:
            return self.say("{count} min", count=max(span // MINUTE, 1))
        if span < 2 * DAY:
            return self.say("{count} h", count=span // HOUR)
        return self.say("{count} days", count=span // DAY)

    def absolute(self, at: datetime, *, now: datetime, zone: tzinfo) -> str:
        """Return a local time of 24 hours; the day stands before it unless it is today."""
        local, today = at.astimezone(zone), now.astimezone(zone)
        clock = f"{local:%H:%M}"
        if local.date() == today.date():
            return clock
        return f"{self.day(local.date(), today=today.date())} {clock}"

    def day(self, day: date, *, today: date) -> str:
        """Return a day with its month, and with its year unless that is this year."""
        skeleton = "MMMd" if day.year == today.year else "yMMMd"
        return str(format_skeleton(skeleton, day, locale=self._book.locale))

    def _made(self, text: str, facts: dict[str, object]) -> str:
        if not facts:  # what a person wrote may hold braces
            return text
        return text.format_map({name: self._fact(value) for name, value in facts.items()})

    def _fact(self, value: object) -> object:
        if isinstance(value, int) and not isinstance(value, bool):
            return str(format_decimal(value, locale=self._book.locale))
        if isinstance(value, Sentence):
            return self.say(value.text, **value.facts)
        if isinstance(value, tuple):
            return "; ".join(str(self._fact(each)) for each in value)
        return self.phrase(value) if isinstance(value, Phrase) else value

    def _text(self, message: str) -> str:
        return self._book.text(message)

    @property
    def _book(self) -> Catalogue:
        return of_pages(self.name)


def language(name: str) -> Language:
    """Return one of the languages of the pages; of any other name, English."""
    return Language(name if name in LANGUAGES else ENGLISH)


def iso(at: datetime) -> str:
    """Return an instant as a page's script reads it."""
    return at.astimezone(UTC).isoformat(timespec="seconds")


@cache
def of_pages(name: str) -> Catalogue:
    """Return the messages of the pages in a language, with those of the judgement behind them."""
    whole = catalogue(name)
    single, plurals = dict(whole.single), dict(whole.plurals)
    for each in _catalogues(name):
        single |= each.single
        plurals |= each.plurals
    return replace(whole, single=single, plurals=plurals)


def _catalogues(name: str) -> Iterator[Catalogue]:
    for path in sorted((LOCALES / name).glob("*.po")):
        locale = catalogue(name).locale
        with path.open("rb") as file:
            stored = read_po(file, locale=locale, abort_invalid=True)
        messages = [each for each in stored if each.id and not each.fuzzy]
        yield Catalogue(
            name,
            locale,
            {each.id: str(each.string) for each in messages if isinstance(each.id, str)},
            {each.id[0]: tuple(each.string or ()) for each in messages if each.pluralizable},
        )
