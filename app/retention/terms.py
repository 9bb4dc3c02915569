"""Reads `retention.toml`: how long each kind of data is kept, with the reason and its source."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from core.errors import InvalidError

if TYPE_CHECKING:
    from collections.abc import Mapping

CONFIDENCE = frozenset({"L", "V", "E"})
DAY_HOURS = 24
_TEXTS = ("name", "what", "reason", "source", "confidence")
_KNOWN = {*_TEXTS, "days", "until", "least_days", "every_hours"}


@dataclass(frozen=True, slots=True)
class Term:
    """How long one kind of data is kept: `days` by the schedule, or `until` something ends it.

    What nobody may take away before a time has that as `least`.
    """

    name: str
    what: str
    reason: str
    source: str
    confidence: str
    days: int | None = None
    until: str = ""
    least: timedelta = timedelta(0)
    every: timedelta = timedelta(days=1)

    @property
    def kept(self) -> timedelta | None:
        """Return how long the schedule leaves it alone; None where it takes nothing."""
        return None if self.days is None else timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class Terms:
    """All kinds as reviewed, by name, and the hash of the file that states them."""

    version: int
    reviewed: date
    hash: str
    kinds: Mapping[str, Term]


@cache
def stated() -> Terms:
    """Return what the reviewed file of this release states."""
    return read(files("app.retention").joinpath("retention.toml").read_text("utf-8"))


def read(text: str) -> Terms:
    """Return what the text of a `retention.toml` states.

    Raises
    ------
    InvalidError
        Naming the entry and what is wrong with it: a kind twice, a period that is none, a
        reason or a source that is missing, a word nobody knows.
    """
    try:
        source = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidError(f"retention: {error}", field="retention") from error
    version, reviewed = source.get("version"), source.get("reviewed")
    if not isinstance(version, int) or not isinstance(reviewed, date):
        raise InvalidError("retention: version and reviewed (a date) are needed", field="version")
    kinds: dict[str, Term] = {}
    for number, entry in enumerate(source.get("kind", ())):
        term = _term(entry, f"kind[{number}]")
        if term.name in kinds:
            raise InvalidError(f"retention: {term.name} stands there twice", field=term.name)
        kinds[term.name] = term
    return Terms(version, reviewed, hashlib.sha256(text.encode()).hexdigest(), kinds)


def _term(entry: Mapping[str, Any], place: str) -> Term:
    where = str(entry.get("name", place))
    for fault in _faults(entry):
        raise InvalidError(f"retention: {where}: {fault}", field=where)
    return Term(
        **{name: entry[name] for name in _TEXTS},
        days=entry.get("days"),
        until=entry.get("until", ""),
        least=timedelta(days=entry.get("least_days", 0)),
        every=timedelta(hours=entry.get("every_hours", DAY_HOURS)),
    )


def _faults(entry: Mapping[str, Any]) -> list[str]:
    faults = [f"{name} is missing" for name in _TEXTS if not str(entry.get(name, "")).strip()]
    faults += [f"unknown entry {name}" for name in sorted(set(entry) - _KNOWN)]
    if not faults and entry["confidence"] not in CONFIDENCE:
        faults.append(f"confidence must be one of {', '.join(sorted(CONFIDENCE))}")
    if ("days" in entry) == ("until" in entry):
        faults.append("it has either days or until")
    faults += [
        f"{name} must be a whole number, not below 0"
        for name in ("days", "least_days")
        if not _count(entry.get(name, 0), least=0)
    ]
    hours = entry.get("every_hours", DAY_HOURS)
    if not _count(hours, least=1) or DAY_HOURS % hours:
        faults.append("every_hours must divide a day")
    return faults


def _count(value: object, *, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least
