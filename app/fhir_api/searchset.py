"""Writes the answer to a search: entries, links that tell nothing, and what was not served."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import msgspec

from app.fhir_api.including import Included
from app.fhir_api.paging import Link, seal
from fhir.outcome import Issue, operation_outcome
from fhir.search_fields import PATIENT_FIELDS
from fhir.search_parameters import not_served
from fhir.search_results import applied_results, shaped

if TYPE_CHECKING:
    from uuid import UUID

    from app.fhir_api.service import Asked
    from app.fhir_api.walk import Hit, Page
    from fhir.search_criteria import Criteria


@dataclass(frozen=True, slots=True)
class Answered:
    """A search that was done, and for whom its links are good."""

    criteria: Criteria
    asked: Asked
    caller: UUID | None
    whose: tuple[frozenset[UUID], ...]
    page: Page
    included: Included = field(default_factory=Included)
    total: int | None = None


def bundle(answered: Answered) -> bytes:
    """Return the searchset; the self link says what was applied (FHIR-12)."""
    asked, criteria = answered.asked, answered.criteria
    address = f"{asked.place.base}/{criteria.kind}"
    links = [{"relation": "self", "url": f"{address}?{urlencode(_applied(answered))}"}]
    if answered.page.rest is not None:
        links.append({"relation": "next", "url": f"{address}?_page={_onward(answered)}"})
    entries = [entry(hit, asked.place.base, "match", criteria) for hit in answered.page.hits]
    entries += [entry(hit, asked.place.base, "include") for hit in answered.included.hits]
    return written(links, entries, issues=_said(answered), asked=asked, total=answered.total)


def written(
    links: list[dict[str, str]],
    entries: list[dict[str, Any]],
    *,
    issues: list[Issue],
    asked: Asked,
    total: int | None = None,
) -> bytes:
    """Return the Bundle of some entries."""
    if issues:
        outcome = {"resource": operation_outcome(issues), "search": {"mode": "outcome"}}
        entries = [*entries, outcome]
    said: dict[str, Any] = {
        "resourceType": "Bundle",
        "meta": {"lastUpdated": asked.asof.isoformat()},
        "type": "searchset",
    }
    said |= {} if total is None else {"total": total}
    said |= {"link": links} | ({"entry": entries} if entries else {})
    return msgspec.json.encode(said)


def entry(hit: Hit, base: str, mode: str, criteria: Criteria | None = None) -> dict[str, Any]:
    """Return one entry; a match shows the elements that were asked for."""
    body = hit.body
    if criteria is not None and (criteria.summary != "false" or criteria.elements):
        body = shaped(body, hit.kind, summary=criteria.summary, elements=criteria.elements)
    return {
        "fullUrl": f"{base}/{hit.kind}/{hit.id}",
        "resource": msgspec.Raw(body),
        "search": {"mode": mode},
    }


def _onward(answered: Answered) -> str:
    asked, rest = answered.asked, answered.page.rest or ()
    link = Link(answered.criteria.kind, answered.caller, asked.pairs, asked.asof, rest)
    return seal(link, asked.secret, now=asked.now)


def _said(answered: Answered) -> list[Issue]:
    issues = [not_served(name, "warning") for name in answered.criteria.ignored]
    if answered.criteria.total == "estimate" and answered.total is None:
        text = "_total: too much would have to be compared to estimate the number; none is given"
        issues.append(Issue("information", "too-costly", text))
    return [*issues, *answered.included.issues]


def _applied(answered: Answered) -> list[tuple[str, str]]:
    """Return what was applied, with our own ids for whoever was named by a record number.

    A record number has no place in an address (SEC-24); nobody is the id of nobody.
    """
    criteria = answered.criteria
    whose = iter(zip(criteria.patients, answered.whose, strict=True))
    said = []
    for name, value in criteria.applied:
        bare = name.partition(".")[0].partition(":")[0]
        if bare in PATIENT_FIELDS[criteria.kind]:
            asked, found = next(whose)
            ids = sorted(f"Patient/{each}" for each in found)
            said.append((bare, ",".join(ids) or "Patient/none") if asked.tokens else (name, value))
        elif "identifier" in name:
            said.append((name, "(withheld)"))
        else:
            said.append((name, value))
    return said + applied_results(criteria)
