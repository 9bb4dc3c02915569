"""The use case of a search: find, page, include, write down who saw whose data, answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from app.fhir_api import including
from app.fhir_api.patience import bounded
from app.fhir_api.scope import (
    MOST_PATIENTS,
    Mark,
    RefusedSearchError,
    Scope,
    seen_behind_wall,
    uuids,
    visible_among,
)
from app.fhir_api.searchset import Answered, bundle
from app.fhir_api.shelves import SHELVES
from app.fhir_api.stored import named, patients_called
from app.fhir_api.walk import Page, Walk, counted
from core import audit
from core.asking import query_of
from core.errors import ForbiddenError, NotFoundError
from core.scopes import allows
from fhir.search_fields import FIELDS
from fhir.search_kinds import PUBLISHED, STORED_KINDS, WRITTEN_HERE
from fhir.search_tokens import Token
from ingest.merging.repository import everybody
from ingest.receipt import Kind
from ingest.repository import visible_to
from monitoring.catalogue import ENGLISH

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from app.fhir_api.paging import Link
    from app.fhir_api.walk import Hit
    from core.security import Caller
    from fhir.search_criteria import Criteria, Place, Wanted, Whose

__all__ = ["Asked", "RefusedSearchError", "continued", "may", "note", "read", "search"]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: its parameters, the instant it looks at, and where it goes on."""

    pairs: tuple[tuple[str, str], ...]
    place: Place
    secret: str
    now: datetime
    asof: datetime
    after: Mark | None = None
    language: str = ENGLISH


def may(caller: Caller, kind: str, interaction: str) -> bool:
    """Return whether the granted scopes permit it (SEC-03); nobody signed in reads the audit.

    What is published is for everybody who may come in: it holds nobody's data.
    """
    if kind in PUBLISHED:
        return interaction in ("r", "s")
    if caller.kind == "client":
        return allows(caller.scopes, kind, interaction)
    return kind != "AuditEvent" or caller.kind == "system"


def search(session: Session, caller: Caller, criteria: Criteria, asked: Asked) -> bytes:
    """Return the searchset; one audit row for each patient whose data is in it (SEC-16).

    Raises
    ------
    ForbiddenError
        When the granted scopes do not permit to search this type.
    RefusedSearchError
        When too much would have to be read, or it takes too long.
    """
    if not may(caller, criteria.kind, "s"):
        raise ForbiddenError(f"the granted scopes do not permit {criteria.kind} search")
    with bounded(session):
        return _found(session, caller, criteria, asked)


def _found(session: Session, caller: Caller, criteria: Criteria, asked: Asked) -> bytes:
    whose = tuple(_meant(session, caller, each) for each in criteria.patients)
    scope = scope_of(session, caller, criteria, asked, whose)
    walk = Walk(SHELVES[criteria.kind], scope, _unanswered(criteria), asked.place)
    if criteria.only_count:
        note(session, caller, criteria.kind, now=asked.now, query=query_of(asked.pairs))
        total = counted(walk, exact=True)
        return bundle(Answered(criteria, asked, caller.id, whose, Page(()), total=total))
    total = None
    if criteria.total != "none":
        total = counted(walk, exact=criteria.total == "accurate")
    page = walk.page(asked.after, criteria.count)
    included = including.others(scope, criteria, page.hits, asked.place, may)
    note(
        session,
        caller,
        criteria.kind,
        now=asked.now,
        patients={hit.patient_id for hit in (*page.hits, *included.hits)},
        query=query_of(asked.pairs),
    )
    return bundle(Answered(criteria, asked, caller.id, whose, page, included, total))


def _meant(session: Session, caller: Caller, whose: Whose) -> frozenset[UUID]:
    called = patients_called(session, caller, whose.tokens) if whose.tokens else set()
    people = everybody(session, called | set(uuids(whose.ids)))
    return frozenset(id_ for person in people.values() for id_ in person)


def scope_of(
    session: Session,
    caller: Caller,
    criteria: Criteria,
    asked: Asked,
    whose: tuple[frozenset[UUID], ...],
) -> Scope:
    """Return what the search may find: the smallest of what it names."""
    if whose:  # nothing is looked for of who may not be seen, not even how much there is
        patients: frozenset[UUID] | None = frozenset(
            visible_among(session, caller, frozenset.intersection(*whose))
        )
    else:
        patients = _own(session, caller, criteria.kind)
    ids = [frozenset(each) for each in criteria.ids]
    for wanted in criteria.named("identifier"):
        tokens = [each for each in wanted.any_of if isinstance(each, Token)]
        found = named(session, criteria.kind, tokens) if criteria.kind in STORED_KINDS else None
        ids += [found] if found is not None else []
    return Scope(
        session,
        caller,
        criteria.kind,
        asked.asof,
        patients=patients,
        ids=frozenset.intersection(*ids) if ids else None,
        updated=tuple(criteria.updated),
        language=asked.language,
        sort=criteria.sort,
        sees=seen_behind_wall(session) if patients is None and not ids else None,
    )


def _unanswered(criteria: Criteria) -> Criteria:
    """Return what is left to be asked of the content, once names are looked up.

    An Observation goes by every identifier under which it was acknowledged, also by that of a
    repeat whose body was not kept: what `If-None-Exist` finds, a search finds (REL-07).
    """
    if criteria.kind != Kind.OBSERVATION:
        return criteria
    left = [each for each in criteria.wanted if not _looked_up(each)]
    return replace(criteria, wanted=left)


def _looked_up(wanted: Wanted) -> bool:
    return wanted.name == "identifier" and all(
        isinstance(each, Token) and each.system and each.code for each in wanted.any_of
    )


def _own(session: Session, caller: Caller, kind: str) -> frozenset[UUID] | None:
    """Return a person's own patients: rather these few than everybody's (SEC-11)."""
    if caller.kind != "user" or not ({"patient"} & FIELDS[kind].keys() or kind == "Patient"):
        return None
    own = frozenset(session.scalars(visible_to(caller).limit(MOST_PATIENTS + 1)))
    return own if len(own) <= MOST_PATIENTS else None


def note(  # noqa: PLR0913 (an audit row has this many facts)
    session: Session,
    caller: Caller,
    kind: str,
    *,
    now: datetime,
    patients: set[UUID | None] | None = None,
    outcome: str = "success",
    action: audit.Action = audit.Action.EXECUTE,
    query: str | None = None,
) -> None:
    """Write down a search or a read, its patients, and how it ended."""
    whose = sorted(patients or {None}, key=str)
    audit.record(
        session, caller, action, kind, now=now, patients=whose, outcome=outcome, query=query
    )


def continued(link: Link, asked: Asked) -> Asked:
    """Return the request that a link to a further page stands for."""
    place = replace(asked.place, now=link.asof)
    return replace(asked, pairs=link.pairs, place=place, asof=link.asof, after=link.mark)


def read(session: Session, caller: Caller, kind: str, id_: str, asked: Asked) -> Hit:
    """Return one resource that Wardlight itself wrote (FHIR-25).

    Raises
    ------
    ForbiddenError
        When the granted scopes do not permit to read this type.
    NotFoundError
        When there is none, or the caller may not know that there is (SEC-12).
    """
    if kind not in WRITTEN_HERE or not may(caller, kind, "r"):
        raise ForbiddenError(f"the granted scopes do not permit {kind} read")
    scope = Scope(session, caller, kind, asked.asof, ids=frozenset({id_}), language=asked.language)
    found = including.named(scope, kind, [id_], asked.place)
    if not found:
        raise NotFoundError("no such resource")
    note(
        session,
        caller,
        kind,
        now=asked.now,
        patients={found[0].patient_id},
        action=audit.Action.READ,
    )
    return found[0]
