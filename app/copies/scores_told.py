"""Scores and what is contested of them, as the rows of a copy say it: read, and nothing kept; pure.

What would be kept is built here as pages and searches will build it. A row that these could not
read would stand in the way of a whole team, and is refused with the name of its column.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from uuid import UUID  # noqa: TC003 (msgspec reads it when it runs)

import msgspec

from app.forecasts import assessed
from app.pages.language import language
from app.pages.score_values import value_words
from core.errors import InvalidError
from core.vitals import Vital
from fhir.moments import EARLIEST, known
from monitoring import words
from monitoring.by_measurement import by_measurement
from monitoring.contests import By, Ground, Ruling, checked
from monitoring.record import read_expected, read_note, read_risk, read_usuals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

Told = TypeVar("Told", "Score", "Said")
Instant = Annotated[datetime, msgspec.Meta(tz=True)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Days = Annotated[int, msgspec.Meta(ge=0, le=36500)]
# What may be wrong with JSON values of which something is built.
WRONG = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)
NUL = "\x00"


class Score(msgspec.Struct):
    """A row of the judgements; what is not named is left behind."""

    id: UUID
    patient_id: UUID
    at: Instant
    risk: dict[str, Any] | None
    usual: dict[str, Any]
    expected: dict[str, Any]
    notes: list[Any]
    findings: list[dict[str, Any]]
    rulebook_hash: str
    model_id: str


class Said(msgspec.Struct):
    """A row of what is contested."""

    id: UUID
    patient_id: UUID
    assessment_id: UUID
    judged_at: Instant
    model_id: str
    by: By
    ground: Ground
    note: str
    author_id: UUID
    at: Instant
    ruling: Ruling | None = None
    answer: str = ""
    answered_by: UUID | None = None
    answered_at: Instant | None = None


class _Evidence(msgspec.Struct):
    reading_id: str
    vital: Vital
    value: float
    effective: Instant


class _Finding(msgspec.Struct):
    evidence: list[_Evidence] = []


class _Part(msgspec.Struct):
    feature: str
    label: str
    value: float | None
    points: float


class _Family(msgspec.Struct):
    family: str
    probability: Share
    log_odds: float
    intercept: float
    points: dict[str, float]


class _Risk(msgspec.Struct):
    probability: Share
    log_odds: float
    intercept: float
    contributions: list[_Part]
    horizon_days: Days
    model_id: str
    trained_on: str
    others: list[tuple[str, Days, Share]] = []
    family: _Family | None = None
    basis: list[_Evidence] = []
    by: tuple[str, Days, Share] | None = None


class _Usual(msgspec.Struct):
    centre: float
    low: float
    high: float
    spread: float
    days: Days


class _Awaited(msgspec.Struct):
    late_at: Instant
    every: Days
    source: str
    why: str = ""


def scores(rows: Iterable[Mapping[str, Any]], *, now: datetime) -> list[Score]:
    """Return what was scored; raise `InvalidError` for a row that is none of a copy."""
    return [_score(_read(row, Score, "assessment"), now) for row in rows]


def contests(rows: Iterable[Mapping[str, Any]], *, now: datetime) -> list[Said]:
    """Return what is contested; raise `InvalidError` for a row that is none of a copy."""
    return [_contest(_read(row, Said, "score_contest"), now) for row in rows]


def _read(row: Mapping[str, Any], kind: type[Told], table: str) -> Told:
    try:
        told = msgspec.convert(row, kind)
    except msgspec.ValidationError as error:
        raise _refused(table, error) from None
    for name in told.__struct_fields__:
        if _unkept(getattr(told, name)):
            raise _refused(table, f"{name}: holds a character that is in no text, or no end")
    return told


def _unkept(value: Any) -> bool:
    """Return whether no database keeps a value: it holds a NUL, or one in another for ever."""
    try:
        return _has_nul(value)
    except RecursionError:
        return True


def _has_nul(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_has_nul(each) for pair in value.items() for each in pair)
    return any(map(_has_nul, value)) if isinstance(value, list) else NUL in str(value)


def _score(told: Score, now: datetime) -> Score:
    _past("assessment", "at", told.at, now)
    if not told.risk:
        return told  # which nobody keeps
    _tried("usual", dict[Vital, _Usual], _usual, told.usual)
    _tried("expected", dict[Vital, _Awaited], _awaited, told.expected)
    _tried("notes", list[str | dict[str, Any]], _notes, told.notes)
    _tried("findings", list[_Finding], _evidence, told.findings)
    _tried("risk", _Risk, partial(_risk, at=told.at), told.risk)
    return told


def _contest(told: Said, now: datetime) -> Said:
    table = "score_contest"
    if (told.ruling is None) != (told.answered_at is None):
        raise _refused(table, "answered_at: an answer has a time, and nothing else has")
    for name in ("judged_at", "at", "answered_at"):
        if (at := getattr(told, name)) is not None:
            _past(table, name, at, now)
    told.note = checked(told.note)
    told.answer = checked(told.answer) if told.ruling else ""
    return told


def _past(table: str, name: str, at: datetime, now: datetime) -> None:
    if at > now:
        raise _refused(table, f"{name}: lies in the future")
    if at.year < EARLIEST:
        raise _refused(table, f"{name}: lies before {EARLIEST}")


def _tried(column: str, shape: Any, build: Callable[[Any], None], stored: Any) -> None:
    """Build what is stored in a column of a judgement; raise `InvalidError` where it cannot be."""
    try:
        msgspec.convert(stored, shape)
        build(stored)
    except msgspec.ValidationError as error:
        raise _refused("assessment", f"{column}: {error}") from None
    except WRONG as error:
        raise _refused("assessment", f"{column}: {error!r}") from None


def _usual(stored: Mapping[str, Any]) -> None:
    read_usuals(stored)


def _awaited(stored: Mapping[str, Any]) -> None:
    _reckoned(each.late_at for each in read_expected(stored).values())


def _notes(stored: Sequence[Any]) -> None:
    for each in stored:
        words.phrase(read_note(each))


def _evidence(stored: Sequence[Mapping[str, Any]]) -> None:
    listed = (each for finding in stored for each in finding.get("evidence", ()))
    _reckoned(datetime.fromisoformat(each["effective"]) for each in listed)


def _risk(stored: Mapping[str, Any], at: datetime) -> None:
    risk = read_risk(stored)
    _reckoned(each.effective for each in risk.basis)
    by_measurement((risk.family or risk).contributions, risk.basis)
    for each in risk.contributions:
        value_words(each, language("en"))
    assessed(risk, patient="", occurred=at, basis=())


def _reckoned(times: Iterable[datetime]) -> None:
    for at in times:
        if not known(at.year):
            raise ValueError


def _refused(table: str, why: object) -> InvalidError:
    return InvalidError(f"folder: tables.json: {table}: {why}")
