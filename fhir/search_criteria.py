"""What a search asks for, as values, and whether the content of a resource is what it asks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fhir.search_dates import Sought, span_in
from fhir.search_fields import FIELDS, Field, nodes
from fhir.search_quantities import Amount, measured_in
from fhir.search_tokens import Coded, Token, coded_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime, tzinfo

DEFAULT_COUNT, LARGEST_COUNT = 50, 1000
_REFERENCE = re.compile(
    r"(?:(?P<base>https?://\S+?)/)?(?P<type>[A-Z][A-Za-z]{2,40})/(?P<id>[A-Za-z0-9\-.]{1,64})"
    r"(?:/_history/[A-Za-z0-9\-.]{1,64})?"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a search is made: the base of absolute addresses, the zone of bare dates, and when."""

    base: str
    zone: tzinfo
    now: datetime


@dataclass(frozen=True, slots=True)
class Whose:
    """Patients of whom any will do: by their id here, or by an identifier."""

    ids: tuple[str, ...] = ()
    tokens: tuple[Token, ...] = ()


@dataclass(frozen=True, slots=True)
class Pointed:
    """A resource that is referred to; "" where any type will do, or any server's is meant."""

    type: str
    id: str

    def fits(self, other: Pointed) -> bool:
        """Return whether a reference of a resource is the one that is asked for."""
        return self.id == other.id and self.type in ("", other.type)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One parameter as it was asked: any of its values will do."""

    name: str
    any_of: tuple[Token | Sought | Amount | Pointed, ...]


@dataclass(slots=True)
class Criteria:
    """What a search asks for: each entry of a list must hold, any value of an entry will do."""

    kind: str
    patients: list[Whose] = field(default_factory=list)
    ids: list[tuple[str, ...]] = field(default_factory=list)
    wanted: list[Wanted] = field(default_factory=list)
    updated: list[tuple[Sought, ...]] = field(default_factory=list)
    sort: tuple[str, ...] = ()
    count: int = DEFAULT_COUNT
    total: str = "none"
    summary: str = "false"
    elements: tuple[str, ...] = ()
    includes: list[str] = field(default_factory=list)
    provenance: bool = False  # _revinclude=Provenance:target
    applied: list[tuple[str, str]] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)

    @property
    def only_count(self) -> bool:
        """Return whether nothing but the number is asked for."""
        return self.summary == "count" or self.count == 0

    def named(self, name: str) -> Iterator[Wanted]:
        """Return every time that a parameter was given."""
        return (each for each in self.wanted if each.name == name)

    def fits(self, resource: Mapping[str, Any], place: Place) -> bool:
        """Return whether the content of a resource is what is asked for."""
        fields = FIELDS[self.kind]
        return all(_holds(resource, fields[each.name], each, place) for each in self.wanted)


def _holds(resource: Mapping[str, Any], sought: Field, wanted: Wanted, place: Place) -> bool:
    if sought.type == "reference" and isinstance(wanted.any_of[0], Token):
        found = _numbers(resource, sought)
    else:
        found = _values(resource, sought, place)
    return any(each.fits(value) for value in found for each in wanted.any_of)


def _numbers(resource: Mapping[str, Any], sought: Field) -> Iterator[Any]:
    """Return the identifiers by which a resource refers to others (`:identifier`)."""
    for path in sought.paths:
        for node in nodes(resource, path):
            yield from coded_in(node.get("identifier")) if isinstance(node, dict) else ()


def _values(resource: Mapping[str, Any], sought: Field, place: Place) -> Iterator[Any]:
    for node in (each for path in sought.paths for each in nodes(resource, path)):
        if sought.type in ("token", "uri"):
            yield from coded_in(node, sought.system)
        elif sought.type == "canonical":  # with its version, and without
            yield from (Coded("", text) for text in {str(node), str(node).partition("|")[0]})
        elif sought.type == "date":
            span = span_in(node, place.zone)
            yield from () if span is None else (span,)
        elif sought.type == "quantity":
            yield from measured_in(node)
        elif pointed := pointed_at(node, place.base):
            yield pointed


def pointed_at(node: Any, base: str) -> Pointed | None:
    """Return what a Reference points at: here, or by an address that is another server's."""
    text = str(node.get("reference", "")) if isinstance(node, dict) else ""
    return read_pointed(text, base)


def read_pointed(text: str, base: str) -> Pointed | None:
    """Return what `Type/id`, or an address, points at; None for anything else."""
    found = _REFERENCE.fullmatch(text)
    if found is None:
        return None
    if found["base"] and found["base"] != base:
        return Pointed(found["base"], f"{found['type']}/{found['id']}")
    return Pointed(found["type"], found["id"])
