"""All that is known of one patient, kind by kind: `Patient/$everything`, in bounded pages."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import msgspec
from sqlalchemy import select

from app.fhir_api.including import named
from app.fhir_api.paging import Link, seal
from app.fhir_api.patience import bounded
from app.fhir_api.scope import BATCH, Mark, RefusedSearchError, Scope
from app.fhir_api.searchset import entry, written
from app.fhir_api.service import may, note
from app.fhir_api.shelves import SHELVES
from app.fhir_api.walk import Hit, Page, Walk
from core.errors import ForbiddenError, NotFoundError
from fhir.outcome import Refusal, refusal
from fhir.search_criteria import Criteria
from fhir.search_dates import Span, read_sought, span_in
from fhir.search_fields import FIELDS, PATIENT_FIELDS, nodes
from fhir.search_parameters import MOST_PARAMETERS, UNSEEN, not_served, shown_name
from fhir.search_results import read_result
from ingest.tables import CareTeamParticipant, CareTeamPatient, PractitionerRole

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from app.fhir_api.service import Asked
    from core.security import Caller

NAME = "$everything"
PEOPLE = ("CareTeam", "Practitioner", "PractitionerRole")
# The accesses come last, to whose scopes name them (SEC-43, Art. 15 GDPR).
KINDS = (
    "Patient",
    *(k for k, names in PATIENT_FIELDS.items() if names and k not in ("Patient", "AuditEvent")),
)
ORDER = tuple(dict.fromkeys((*KINDS, *PEOPLE, "AuditEvent")))
_EXPECTED = {
    "start": "expected a date",
    "end": "expected a date",
    "_since": "expected an instant",
    "_type": f"expected some of {', '.join(ORDER)}",
    "_count": "expected a whole number of 1 or more",
}


@dataclass(slots=True)
class Limits:
    """What of it is asked for."""

    start: Span | None = None
    end: Span | None = None
    criteria: Criteria | None = None  # its count and _since
    types: tuple[str, ...] = ORDER


def everything(session: Session, caller: Caller, patient: UUID, asked: Asked) -> bytes:
    """Return one page of what is known of a patient, with one audit event (SEC-16).

    Raises
    ------
    ForbiddenError
        When the granted scopes do not permit to read the patient.
    NotFoundError
        When there is no such patient, or the caller may not know that there is.
    """
    limits, ignored = read_limits(asked)
    if not may(caller, "Patient", "r"):
        raise ForbiddenError("the granted scopes do not permit Patient read")
    whose = frozenset({patient})
    scope = Scope(session, caller, "Patient", asked.asof, patients=whose, language=asked.language)
    if not named(scope, "Patient", [str(patient)], asked.place):
        raise NotFoundError("no such resource")
    kinds = [kind for kind in limits.types if may(caller, kind, "r")]
    with bounded(session):
        page = Tour(scope, patient, limits, asked).page(kinds)
    note(session, caller, f"Patient/{NAME}", now=asked.now, patients={patient})
    address = f"{asked.place.base}/Patient/{patient}/{NAME}"
    said = [pair for pair in asked.pairs if pair[0] not in (*UNSEEN, *ignored)]
    links = [{"relation": "self", "url": address + (f"?{urlencode(said)}" if said else "")}]
    if page.rest is not None:
        link = Link(f"{NAME}/{patient}", caller.id, asked.pairs, asked.asof, page.rest)
        sealed = seal(link, asked.secret, now=asked.now)
        links.append({"relation": "next", "url": f"{address}?_page={sealed}"})
    entries = [entry(hit, asked.place.base, "match") for hit in page.hits]
    issues = [not_served(name, "warning") for name in ignored]
    return written(links, entries, issues=issues, asked=asked)


@dataclass(frozen=True, slots=True)
class Tour:
    """One walk from kind to kind."""

    scope: Scope
    patient: UUID
    limits: Limits
    asked: Asked

    def page(self, kinds: Sequence[str]) -> Page:
        """Return the next page: a place is the kind, and the place within it."""
        after, found = self.asked.after, list[Hit]()
        first = kinds.index(after[0]) if after else 0
        count = self.limits.criteria.count if self.limits.criteria else 0
        for kind in kinds[first:]:
            if len(found) == count:
                return Page(tuple(found), (kind,))
            place = after[1:] or None if after and kind == after[0] else None
            page = self._of(kind, place, count - len(found))
            found += [hit for hit in page.hits if self._timely(hit)]
            if page.rest is not None:
                return Page(tuple(found), (kind, *page.rest))
        return Page(tuple(found))

    def _of(self, kind: str, place: Mark | None, count: int) -> Page:
        criteria = replace_kind(self.limits.criteria, kind)
        scope = replace(self.scope, kind=kind, updated=tuple(criteria.updated))
        if kind in PEOPLE:
            ids = self._people(kind, scope, criteria)
            scope = replace(scope, patients=None, ids=frozenset(ids))
        return Walk(SHELVES[kind], scope, criteria, self.asked.place).page(place, count)

    def _people(self, kind: str, scope: Scope, criteria: Criteria) -> set[str]:
        """Return the teams and clinicians who look after the patient, by their ids."""
        links = select(CareTeamPatient.care_team_id, CareTeamPatient.care_manager_id).where(
            CareTeamPatient.patient_id == self.patient
        )
        rows = scope.session.execute(links).all()
        teams = {row[0] for row in rows}
        if kind == "CareTeam":
            own = Walk(SHELVES[kind], scope, criteria, self.asked.place).page(None, BATCH)
            return {str(each) for each in teams} | {hit.id for hit in own.hits}
        members = select(CareTeamParticipant.practitioner_id).where(
            CareTeamParticipant.care_team_id.in_(teams)
        )
        people = {*scope.session.scalars(members), *(row[1] for row in rows if row[1])}
        if kind == "Practitioner":
            return {str(each) for each in people}
        roles = select(PractitionerRole.id).where(PractitionerRole.practitioner_id.in_(people))
        return {str(each) for each in scope.session.scalars(roles)}

    def _timely(self, hit: Hit) -> bool:
        """Return whether it lies between start and end, or says no time."""
        start, end = self.limits.start, self.limits.end
        field = FIELDS[hit.kind].get("date")
        if field is None or not (start or end):
            return True
        resource = msgspec.json.decode(hit.body)
        for node in (each for path in field.paths for each in nodes(resource, path)):
            span = span_in(node, self.asked.place.zone)
            if span is not None:
                late_enough = start is None or span.end > start.start
                return late_enough and (end is None or span.start < end.end)
        return True


def replace_kind(criteria: Criteria | None, kind: str) -> Criteria:
    """Return the same count and moment of change, for another kind."""
    made = Criteria(kind)
    if criteria is not None:
        made.count, made.updated = criteria.count, criteria.updated
    return made


def read_limits(asked: Asked) -> tuple[Limits, list[str]]:
    """Return what is asked for, and the names of parameters that are not served."""
    limits, ignored = Limits(criteria=Criteria("Patient")), list[str]()
    pairs = [pair for pair in asked.pairs if pair[0] not in UNSEEN]
    if len(pairs) > MOST_PARAMETERS:
        raise RefusedSearchError(refusal(400, "too-costly", "too many parameters"))
    for name, value in pairs:
        if name not in _EXPECTED:
            ignored.append(name)
        elif not _read(limits, name, value, asked):
            text = f"{shown_name(name)}: {_EXPECTED[name]}"
            raise RefusedSearchError(Refusal(400, refusal(400, "value", text).issues))
    return limits, ignored


def _read(limits: Limits, name: str, value: str, asked: Asked) -> bool:
    criteria: Any = limits.criteria
    zone, now = asked.place.zone, asked.place.now
    if name == "_count":
        return read_result(criteria, name, value) and criteria.count > 0
    if name == "_type":
        limits.types = tuple(kind for kind in ORDER if kind in value.split(","))
        return set(value.split(",")) <= set(ORDER)
    prefix = "ge" if name == "_since" else "eq"
    sought = read_sought(prefix + value, zone, now)
    if sought is None:
        return False
    if name == "_since":
        criteria.updated = [(sought,)]
    elif name == "start":
        limits.start = sought.span
    else:
        limits.end = sought.span
    return True
