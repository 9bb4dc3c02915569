"""The languages that words can be made in, read from gettext catalogues inside the package.

English needs none: there the name of a message is its text. What a catalogue lacks is said in
English, never left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from gettext import c2py
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING

from babel import Locale
from babel.messages.pofile import read_po

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ENGLISH = "en"
LANGUAGES = (ENGLISH, "ko")
_LOCALES = {ENGLISH: "en_GB"}  # 2 Mar and 24 hours, as the pages have it


@dataclass(frozen=True)
class Catalogue:
    """The messages of one language, by their English text."""

    language: str
    locale: Locale
    single: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    plurals: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    form: Callable[[int], int] = int
    spoken: bool = False  # times of day as people say them, and not as a chart has them

    def text(self, message: str) -> str:
        """Return a message in this language."""
        return self.single.get(message) or message

    def of_number(self, message: str, plural: str, count: int) -> str:
        """Return the form of a message that a number asks for."""
        if message in self.plurals:
            return self.plurals[message][self.form(count)]
        return message if count == 1 else plural


@cache
def catalogue(language: str) -> Catalogue:
    """Return the catalogue of one of `LANGUAGES`; of any other language, English."""
    if language not in LANGUAGES or language == ENGLISH:
        return Catalogue(ENGLISH, Locale.parse(_LOCALES[ENGLISH]))
    locale = Locale.parse(language)
    stored = read_po(text_of(language).splitlines(), locale=locale, abort_invalid=True)
    messages = [each for each in stored if each.id and not each.fuzzy]
    return Catalogue(
        language,
        locale,
        {each.id: str(each.string) for each in messages if isinstance(each.id, str)},
        {each.id[0]: tuple(each.string or ()) for each in messages if each.pluralizable},
        c2py(stored.plural_expr),
    )


@cache
def to_patients(language: str) -> Catalogue:
    """Return the catalogue of a language as patients are spoken to."""
    return replace(catalogue(language), spoken=True)


def text_of(language: str) -> str:
    """Return the text of a language's catalogue."""
    folder = files("monitoring").joinpath("locales", language, "LC_MESSAGES")
    return folder.joinpath("monitoring.po").read_text(encoding="utf-8")


def known(tag: str) -> str:
    """Return which of `LANGUAGES` a language tag such as `ko-KR` means, "" for none."""
    name = tag.strip().lower().partition("-")[0]
    return name if name in LANGUAGES else ""


def preferred(accepted: str) -> str:
    """Return which of `LANGUAGES` an Accept-Language header asks for first, "" for none."""
    return next((name for tag in _ordered(accepted) if (name := known(tag))), "")


def _ordered(accepted: str) -> list[str]:
    weighed = []
    for position, part in enumerate(accepted.split(",")):
        tag, _, quality = part.partition(";")
        weighed.append((-_quality(quality), position, tag))
    return [tag for weight, _, tag in sorted(weighed) if weight < 0]


def _quality(given: str) -> float:
    name, _, value = given.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
