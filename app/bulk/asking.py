"""What an export is asked for: its types, since when, by which filters; or why it is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from app.fhir_api.shelves import SHELVES
from core.errors import ForbiddenError
from core.scopes import allows
from fhir.ndjson import NDJSON
from fhir.outcome import Refusal, refusal
from fhir.search_dates import Sought
from fhir.search_kinds import PUBLISHED
from fhir.search_parameters import Criteria, Place, read_search

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from core.security import Caller

ASYNC = re.compile(r"\brespond-async\b")
LENIENT = re.compile(r"\bhandling=lenient\b")
FORMATS = (*NDJSON, "ndjson")
KNOWN = frozenset({"_type", "_since", "_outputFormat", "_typeFilter", "_format"})
FILTERED_BY = frozenset({"category", "code", "status", "date", "_lastUpdated"})
UNASKED = frozenset({"AuditEvent", *PUBLISHED})  # given only where named
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be exported: kinds in the order of the files, and filters as they were sent."""

    kinds: tuple[str, ...]
    filters: tuple[str, ...] = ()
    since: datetime | None = None


def read_wish(
    pairs: Pairs, headers: Mapping[str, str], caller: Caller, place: Place
) -> Wish | Refusal:
    """Return what is asked for, or why not.

    What is not understood is refused, or passed over where `handling=lenient` is preferred.

    Raises
    ------
    ForbiddenError
        Where a type is named that the granted scopes do not permit to read and search.
    """
    prefer = headers.get("prefer", "")
    if not ASYNC.search(prefer):
        text = "an export is made in the background: send Prefer: respond-async"
        return refusal(400, "required", text)
    lenient = bool(LENIENT.search(prefer))
    asked = {
        name: [v for n, v in pairs if n == name] for name in dict.fromkeys(n for n, _ in pairs)
    }
    known = {"_type", "_since", "_outputFormat", "_typeFilter", "_format"}
    if (unknown := sorted(asked.keys() - known)) and not lenient:
        text = "served are _type, _typeFilter, _since and _outputFormat"
        return refusal(400, "not-supported", text, unknown[0] if unknown[0].isidentifier() else "")
    if any(each not in FORMATS for each in _listed(asked.get("_outputFormat", ()))):
        return refusal(400, "not-supported", f"given is {NDJSON[0]}", "_outputFormat")
    return _wish(asked, caller, place, lenient=lenient)


def _wish(
    asked: Mapping[str, list[str]], caller: Caller, place: Place, *, lenient: bool
) -> Wish | Refusal:
    named = list(dict.fromkeys(_listed(asked.get("_type", ()))))
    if any(kind not in SHELVES for kind in named) and not lenient:
        return refusal(400, "not-supported", f"exported are {', '.join(SHELVES)}", "_type")
    kinds = _permitted([kind for kind in named if kind in SHELVES], caller)
    filters = tuple(_filters(asked.get("_typeFilter", ())))
    for each in filters:
        criteria = read_filter(each, place)
        if isinstance(criteria, Refusal) and not lenient:
            return criteria
    good = tuple(f for f in filters if not isinstance(read_filter(f, place), Refusal))
    since = _since(asked.get("_since", ()), place)
    return since if isinstance(since, Refusal) else Wish(kinds, good, since)


def _permitted(named: list[str], caller: Caller) -> tuple[str, ...]:
    """Return the kinds that the scopes permit; all of them where none is named (SEC-03)."""
    may = [k for k in SHELVES if allows(caller.scopes, k, "r") and allows(caller.scopes, k, "s")]
    for kind in named:
        if kind not in may:
            raise ForbiddenError(f"the granted scopes do not permit {kind} read and search")
    if not may:
        raise ForbiddenError("the granted scopes do not permit to read anything")
    return tuple(named) or tuple(kind for kind in may if kind not in UNASKED)


def _listed(values: Iterable[str]) -> list[str]:
    # A plus that was not escaped in the query has arrived as a space.
    parts = (part.strip().replace(" ", "+") for value in values for part in value.split(","))
    return [part for part in parts if part]


def _filters(values: Iterable[str]) -> list[str]:
    """Return each filter; a comma inside one is escaped as %2C once more."""
    return [part for value in values for part in value.split(",") if part]


def read_filter(text: str, place: Place) -> Criteria | Refusal:
    """Return what a filter such as `Observation?category=vital-signs` asks for."""
    kind, _, query = text.partition("?")
    pairs = tuple(parse_qsl(query, keep_blank_values=True))
    if kind not in SHELVES or not pairs or any(_bare(name) not in FILTERED_BY for name, _ in pairs):
        says = f"a filter is Type?name=value, with {', '.join(sorted(FILTERED_BY))}"
        return refusal(400, "not-supported", says, "_typeFilter")
    return read_search(kind, pairs, place, strict=True)


def _bare(name: str) -> str:
    return name.partition(":")[0]


def _since(values: Iterable[str], place: Place) -> datetime | Refusal | None:
    for value in values:
        criteria = read_search("Patient", [("_lastUpdated", f"ge{value.replace(' ', '+')}")], place)
        if isinstance(criteria, Refusal):
            return refusal(
                400, "value", "_since must be an instant such as 2026-03-02T10:00:00Z", "_since"
            )
        [[sought]] = criteria.updated
        return sought.span.start
    return None


def later_than(since: datetime | None, place: Place) -> tuple[tuple[Sought, ...], ...]:
    """Return the condition that something changed at an instant or later."""
    if since is None:
        return ()
    criteria = read_search("Patient", [("_lastUpdated", f"ge{since.isoformat()}")], place)
    return () if isinstance(criteria, Refusal) else tuple(criteria.updated)


def parameters(body: dict[str, Any]) -> Pairs:
    """Return the parameters of a kick-off by POST."""
    found = []
    for each in body.get("parameter") or []:
        if isinstance(each, dict) and isinstance(each.get("name"), str):
            values = [str(value) for key, value in each.items() if key.startswith("value")]
            found += [(each["name"], value) for value in values or [""]]
    return tuple(found)
