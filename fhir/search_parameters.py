"""Which searches are understood, and what one asks for; what is unclear is refused by name."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fhir.capability import Search
from fhir.outcome import Issue, Refusal, refusal
from fhir.search_dates import Sought, effective_span, read_sought
from fhir.search_tokens import (
    OBSERVATION_STATUS,
    Coded,
    Token,
    alternatives,
    codings,
    identifiers,
    read_token,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import tzinfo

OF_A_PATIENT = ("Condition", "Device", "CareTeam", "EpisodeOfCare")
OF_NOBODY = ("Patient", "Practitioner", "PractitionerRole")
WRITTEN_HERE = ("RiskAssessment", "DetectedIssue")
PATIENT_NAMES = {
    "Observation": ("patient", "subject"),
    "RiskAssessment": ("patient", "subject"),
    "DetectedIssue": ("patient",),
} | dict.fromkeys(OF_A_PATIENT, ("patient",))
TOKENS = ("code", "category", "status", "identifier")
DEFAULT_COUNT, LARGEST_COUNT = 50, 1000
MOST_PARAMETERS = 50
SORTS = ("date", "-date", "_lastUpdated", "-_lastUpdated")
INCLUDES = ("Observation:subject", "Observation:patient")
UNSEEN = ("_format", "_pretty")  # what they ask for is settled before the search
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_ADDRESS = re.compile(r"(?P<base>https?://\S+)/Patient/(?P<id>[A-Za-z0-9\-.]{1,64})")
NAMED = re.compile(r"_?[A-Za-z][A-Za-z0-9-]{0,40}(?:[.:][A-Za-z]{1,40})?")


def _of(kind: str, named: Mapping[str, str]) -> tuple[Search, ...]:
    included = ("patient", "subject") if kind == "Observation" else ()
    return tuple(
        Search(kind, name, type_, include=name in included) for name, type_ in named.items()
    )


_EVERYWHERE = {"_id": "token", "_lastUpdated": "date"}
_NAMED = {**_EVERYWHERE, "identifier": "token"}
_WHOSE = {"patient": "reference"}
SEARCHES: dict[str, tuple[Search, ...]] = {
    "Observation": _of(
        "Observation",
        {
            **_NAMED,
            **_WHOSE,
            "subject": "reference",
            "code": "token",
            "category": "token",
            "date": "date",
            "status": "token",
        },
    ),
    **{kind: _of(kind, _NAMED) for kind in OF_NOBODY},
    **{kind: _of(kind, {**_NAMED, **_WHOSE}) for kind in OF_A_PATIENT},
    "RiskAssessment": _of("RiskAssessment", {**_EVERYWHERE, **_WHOSE, "subject": "reference"}),
    "DetectedIssue": _of("DetectedIssue", {**_EVERYWHERE, **_WHOSE}),
}


@dataclass(frozen=True, slots=True)
class Whose:
    """Patients of whom any will do: by their id here, or by an identifier."""

    ids: tuple[str, ...] = ()
    tokens: tuple[Token, ...] = ()


@dataclass(slots=True)
class Criteria:
    """What a search asks for: each entry of a list must hold, any value of an entry will do."""

    kind: str
    patients: list[Whose] = field(default_factory=list)
    ids: list[tuple[str, ...]] = field(default_factory=list)
    tokens: dict[str, list[tuple[Token, ...]]] = field(default_factory=dict)
    dates: list[tuple[Sought, ...]] = field(default_factory=list)
    updated: list[tuple[Sought, ...]] = field(default_factory=list)
    sort: str = "-_lastUpdated"
    count: int = DEFAULT_COUNT
    only_count: bool = False
    include: bool = False
    applied: list[tuple[str, str]] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)

    @property
    def reads_content(self) -> bool:
        """Return whether the resource itself must be read to know whether it is meant."""
        return bool(self.dates or set(self.tokens) - {"status"})

    def fits(self, resource: Mapping[str, Any], zone: tzinfo) -> bool:
        """Return whether the content of a resource is what is asked for."""
        held = {name: tuple(_held(resource, name)) for name in self.tokens}
        coded = all(
            any(token.fits(each) for token in wanted for each in held[name])
            for name, all_of in self.tokens.items()
            for wanted in all_of
        )
        if not coded or not self.dates:
            return coded
        span = effective_span(resource, zone)
        return span is not None and all(
            any(sought.fits(span) for sought in wanted) for wanted in self.dates
        )


def _held(resource: Mapping[str, Any], name: str) -> Iterable[Coded]:
    if name == "identifier":
        return identifiers(resource)
    if name == "status":
        return (Coded(OBSERVATION_STATUS, str(resource.get("status", ""))),)
    held = resource.get(name) or []
    return codings(held if isinstance(held, list) else [held])


@dataclass(frozen=True, slots=True)
class Place:
    """Where the search is made: the base of absolute addresses, the zone of bare dates."""

    base: str
    zone: tzinfo


def read_search(
    kind: str, pairs: Iterable[tuple[str, str]], place: Place, *, strict: bool = False
) -> Criteria | Refusal:
    """Return what the parameters ask for, or a refusal that names the one that is wrong.

    An unknown parameter is refused where handling is strict, and noted where it is not
    (FHIR-11); a modifier or chain that is not served is always refused.
    """
    criteria = Criteria(kind)
    listed = [pair for pair in pairs if pair[0] not in UNSEEN]
    if len(listed) > MOST_PARAMETERS:
        return refusal(400, "too-costly", f"at most {MOST_PARAMETERS} parameters are read")
    for name, value in listed:
        known = _known(kind, name)
        if not known:
            criteria.ignored.append(name)
        elif not _read(criteria, name, value, place):
            return refusal(400, "value", f"{shown_name(name)}: {EXPECTED[known]}")
        elif known not in ("_count", "_summary"):
            criteria.applied.append((name, value))
    if strict and criteria.ignored:
        return Refusal(400, tuple(not_served(name, "error") for name in criteria.ignored))
    return criteria


def not_served(name: str, severity: str) -> Issue:
    """Return what is said about a parameter that is not understood."""
    return Issue(severity, "not-supported", f"search parameter {shown_name(name)} is not served")


def shown_name(name: str) -> str:
    """Return a parameter's name, unless it could be anything: a person's name among them."""
    return name if NAMED.fullmatch(name) else "(unnamed)"


def _known(kind: str, name: str) -> str:
    """Return the parameter that a name begins with, or "" where this type has none such."""
    bare = re.split(r"[.:]", name, maxsplit=1)[0]
    result = {"_count", "_summary"} | ({"_sort", "_include"} if kind == "Observation" else set())
    served = {each.name for each in SEARCHES[kind]} | result
    return bare if bare in served else ""


EXPECTED = {
    "_id": "expected ids, without modifier",
    "_lastUpdated": "expected a date with one of eq ne gt lt ge le sa eb before it",
    "_count": "expected a whole number",
    "_summary": "only count is served",
    "_sort": f"expected one of {', '.join(SORTS)}",
    "_include": f"expected one of {', '.join(INCLUDES)}",
    "date": "expected a date with one of eq ne gt lt ge le sa eb before it",
    **dict.fromkeys(
        ("patient", "subject"),
        "expected an id, Patient/id, an address, or .identifier or :identifier with system|value",
    ),
    **dict.fromkeys(TOKENS, "expected code, system|code, |code or system|, without modifier"),
}


def _read(criteria: Criteria, name: str, value: str, place: Place) -> bool:
    bare = re.split(r"[.:]", name, maxsplit=1)[0]
    if bare in ("patient", "subject"):
        return _read_whose(criteria, name.removeprefix(bare), value, place)
    if name != bare:
        return False
    if name in ("date", "_lastUpdated"):
        return _read_dates(criteria, name, value, place)
    if name in TOKENS:
        return _read_tokens(criteria, name, value)
    return _read_result(criteria, name, value)


def _read_whose(criteria: Criteria, modifier: str, value: str, place: Place) -> bool:
    parts = alternatives(value)
    if modifier in (".identifier", ":identifier"):
        tokens = [token for each in parts if (token := read_token(each)) and token.code]
        criteria.patients.append(Whose(tokens=tuple(tokens)))
        return len(tokens) == len(parts)
    if modifier not in ("", ":Patient"):
        return False
    ids = [id_ for each in parts if (id_ := _patient_id(each, place)) is not None]
    criteria.patients.append(Whose(ids=tuple(ids)))
    return len(ids) == len(parts)


def _patient_id(text: str, place: Place) -> str | None:
    """Return an id; "" for an address that is sound and means nobody here; None if malformed."""
    if address := _ADDRESS.fullmatch(text):
        return address["id"] if address["base"] == place.base else ""
    id_ = text.removeprefix("Patient/")
    return id_ if _ID.fullmatch(id_) else None


def _read_dates(criteria: Criteria, name: str, value: str, place: Place) -> bool:
    parts = alternatives(value)
    sought = [each for part in parts if (each := read_sought(part, place.zone))]
    (criteria.dates if name == "date" else criteria.updated).append(tuple(sought))
    return len(sought) == len(parts)


def _read_tokens(criteria: Criteria, name: str, value: str) -> bool:
    parts = alternatives(value)
    tokens = [token for each in parts if (token := read_token(each))]
    criteria.tokens.setdefault(name, []).append(tuple(tokens))
    return len(tokens) == len(parts)


def _read_result(criteria: Criteria, name: str, value: str) -> bool:
    if name == "_id":
        parts = tuple(alternatives(value))
        criteria.ids.append(parts)
        return all(_ID.fullmatch(each) for each in parts)
    if name == "_count":
        return _read_count(criteria, value)
    if name == "_summary":
        criteria.only_count = criteria.only_count or value == "count"
        return value == "count"
    if name == "_sort":
        criteria.sort = value
        return value in SORTS
    criteria.include = True
    return value in INCLUDES


def _read_count(criteria: Criteria, value: str) -> bool:
    if not (value.isascii() and value.isdigit()) or len(value) > len("999999999"):
        return False
    criteria.count = min(int(value), LARGEST_COUNT)
    criteria.only_count = criteria.only_count or criteria.count == 0
    return True
