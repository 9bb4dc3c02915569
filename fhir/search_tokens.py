"""What a code in a search means: which system, which code, and where a resource holds them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

OBSERVATION_STATUS = "http://hl7.org/fhir/observation-status"
_OR = re.compile(r"(?<!\\),")
_BAR = re.compile(r"(?<!\\)\|")
_ESCAPED = re.compile(r"\\([,|$\\])")


@dataclass(frozen=True, slots=True)
class Coded:
    """A code or an identifier's value, with its system; "" where there is none."""

    system: str
    code: str


@dataclass(frozen=True, slots=True)
class Token:
    """`code`, `system|code`, `|code` (no system) or `system|`; None where anything will do."""

    system: str | None
    code: str | None

    def fits(self, coded: Coded) -> bool:
        """Return whether a code of a resource is one that is asked for."""
        return self.system in (None, coded.system) and self.code in (None, coded.code)


def alternatives(text: str) -> list[str]:
    """Return the values of a list in which any will do; a comma may be escaped."""
    return _OR.split(text)


def read_token(text: str) -> Token | None:
    """Return what one value asks for, or None where it is malformed."""
    parts = unescaped(text)
    if len(parts) == 1 and parts[0]:
        return Token(None, parts[0])
    if len(parts) != len(("system", "code")) or not any(parts):
        return None
    return Token(parts[0], parts[1] or None)


def unescaped(text: str) -> list[str]:
    """Return the parts of a value between its bars."""
    return [_ESCAPED.sub(r"\1", part) for part in _BAR.split(text)]


def codings(concepts: Iterable[Mapping[str, Any] | None]) -> Iterator[Coded]:
    """Return every code of some CodeableConcepts."""
    for concept in concepts:
        for each in (concept or {}).get("coding", ()):
            if each and each.get("code"):
                yield Coded(str(each.get("system", "")), str(each["code"]))


def coded_in(value: Any, system: str = "") -> Iterator[Coded]:
    """Return the codes of a CodeableConcept, Coding, Identifier, code or boolean.

    `system` is the one that a bare code is from.
    """
    if isinstance(value, bool):
        yield Coded("", str(value).lower())
    elif isinstance(value, str):
        yield Coded(system, value)
    elif isinstance(value, dict):
        if "coding" in value:
            yield from codings([value])
        said = value.get("value") or value.get("code")
        if isinstance(said, str):
            yield Coded(str(value.get("system", "")), said)
