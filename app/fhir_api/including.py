"""What comes along with what was found: whom it refers to, and where it came from; one step."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import msgspec

from app.fhir_api.provenance import of_resources
from app.fhir_api.shelves import SHELVES
from app.fhir_api.walk import Walk
from fhir.outcome import Issue
from fhir.search_criteria import Criteria, pointed_at
from fhir.search_fields import FIELDS, PATIENT_FIELDS, nodes
from fhir.search_kinds import STORED_KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from app.fhir_api.scope import Scope
    from app.fhir_api.walk import Hit
    from core.security import Caller
    from fhir.search_criteria import Place

MOST = 1_000  # resources that come along on one page


@dataclass(frozen=True, slots=True)
class Included:
    """What came along, and what is said about what did not."""

    hits: tuple[Hit, ...] = ()
    issues: tuple[Issue, ...] = ()


def others(
    scope: Scope,
    criteria: Criteria,
    hits: Sequence[Hit],
    place: Place,
    may: Callable[[Caller, str, str], bool],
) -> Included:
    """Return what `_include` and `_revinclude` ask for, where the scopes permit to read it."""
    wanted = _pointed(criteria, hits, place)
    issues = [
        _withheld(kind)
        for kind in (*wanted, *(["Provenance"] if criteria.provenance else []))
        if not may(scope.caller, kind, "r") and not may(scope.caller, kind, "s")
    ]
    refused = {issue.expression for issue in issues}
    found = [
        hit
        for kind, ids in wanted.items()
        if kind not in refused
        for hit in named(scope, kind, ids, place)
    ]
    if criteria.provenance and "Provenance" not in refused:
        keys = [(hit.kind, hit.id) for hit in hits if hit.kind in STORED_KINDS]
        found += of_resources(replace(scope, kind="Provenance", ids=None), keys, MOST)
    shown = {(hit.kind, hit.id) for hit in hits}
    more = {(hit.kind, hit.id): hit for hit in found if (hit.kind, hit.id) not in shown}
    said = (replace(issue, expression="") for issue in issues)
    return Included(tuple(more.values())[:MOST], tuple(said))


def named(scope: Scope, kind: str, ids: Iterable[str], place: Place) -> list[Hit]:
    """Return resources of a kind by their ids, as far as the caller may see them."""
    wanted = replace(scope, kind=kind, ids=frozenset(ids), patients=None, updated=())
    walk = Walk(SHELVES[kind], wanted, Criteria(kind), place)
    return list(walk.sift(SHELVES[kind].pick(wanted)))


def _pointed(criteria: Criteria, hits: Sequence[Hit], place: Place) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for name in criteria.includes:
        if name in PATIENT_FIELDS[criteria.kind]:
            found["Patient"] += [str(hit.patient_id) for hit in hits if hit.patient_id]
            continue
        for hit in hits:
            for kind, id_ in _references(hit, name, place):
                found[kind].append(id_)
    return {kind: list(dict.fromkeys(ids))[:MOST] for kind, ids in found.items()}


def _references(hit: Hit, name: str, place: Place) -> list[tuple[str, str]]:
    resource = msgspec.json.decode(hit.body)
    paths = FIELDS[hit.kind][name].paths
    pointed = (pointed_at(node, place.base) for path in paths for node in nodes(resource, path))
    return [(each.type, each.id) for each in pointed if each and each.type in SHELVES]


def _withheld(kind: str) -> Issue:
    text = f"the granted scopes do not permit {kind} read: none was included"
    return Issue("warning", "forbidden", text, kind)
