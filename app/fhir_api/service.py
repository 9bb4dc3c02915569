"""The use case of a search: find, page, include, write down who saw whose data, answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import msgspec
from sqlalchemy import func, select

from app.fhir_api import written
from app.fhir_api.paging import Page, seal
from app.fhir_api.repository import After, Hit, hits, keyset, patients_called, stored, uuids
from core import audit
from core.errors import ForbiddenError
from core.security import allows
from fhir.outcome import Issue, operation_outcome, refusal
from fhir.search_dates import END, effective_span
from fhir.search_parameters import WRITTEN_HERE, Criteria, Place, not_served
from fhir.stamp import stamp
from ingest.tables import Resource

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from uuid import UUID

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from core.security import Caller
    from fhir.outcome import Refusal

READ_AT_MOST = 20_000  # resources whose content one request compares or sorts
UNDATED = END  # where a resource without a time stands in the order of dates
ORDER = (Resource.received_at, Resource.id)


class RefusedSearchError(Exception):
    """A search that is not done; `refusal` says why."""

    def __init__(self, refused: Refusal) -> None:
        super().__init__(refused.issues[0].code)
        self.refusal = refused


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: its parameters, the instant it looks at, and where it goes on."""

    pairs: tuple[tuple[str, str], ...]
    place: Place
    secret: str
    now: datetime
    asof: datetime
    after: After | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What belongs on a page; `rest` is where the next one goes on."""

    hits: tuple[Hit, ...]
    rest: After | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """One search of one caller at work."""

    session: Session
    caller: Caller
    criteria: Criteria
    asked: Asked
    patients: tuple[set[UUID], ...]

    @property
    def query(self) -> Select[Any]:
        """What can be meant, without order."""
        asof = self.asked.asof
        if self.criteria.kind in WRITTEN_HERE:
            return written.query_of(self.caller, self.criteria, self.patients, asof=asof)
        return stored(self.session, self.caller, self.criteria, self.patients, asof=asof)

    def page(self) -> Found:
        """Return what belongs on this page."""
        if self.criteria.kind in WRITTEN_HERE:
            return self._written()
        if self.criteria.sort.endswith("date"):
            return self._by_date()
        return self._by_arrival()

    def total(self) -> int:
        """Return how many resources are meant."""
        if not self.criteria.reads_content:
            counted = select(func.count()).select_from(self.query.order_by(None).subquery())
            return self.session.scalar(counted) or 0
        return sum(1 for _ in self._all())

    def _written(self) -> Found:
        count = self.criteria.count
        rows = written.page(
            self.session, self.query, self.criteria.kind, self.asked.after, limit=count + 1
        )
        rest = rows[count - 1][0] if len(rows) > count else None
        return Found(tuple(hit for _, hit in rows[:count]), rest)

    def _by_arrival(self) -> Found:
        """Read on until the page is full; a page may be short where little of much is meant."""
        found: list[Hit] = []
        after, read = self.asked.after, 0
        for hit in self._read_on(after):
            if len(found) == self.criteria.count or read == READ_AT_MOST:
                return Found(tuple(found), after)
            read, after = read + 1, After(hit.updated, hit.id)
            if self._fits(hit):
                found.append(hit)
        return Found(tuple(found))

    def _read_on(self, after: After | None) -> Iterator[Hit]:
        down = self.criteria.sort.startswith("-")
        while batch := hits(self.session, keyset(self.query, ORDER, after, down=down)):
            yield from batch
            after = After(batch[-1].updated, batch[-1].id)

    def _fits(self, hit: Hit) -> bool:
        if not self.criteria.reads_content:
            return True
        return self.criteria.fits(msgspec.json.decode(hit.body), self.asked.place.zone)

    def _all(self) -> Iterator[Hit]:
        for read, hit in enumerate(self._read_on(None), start=1):
            if read > READ_AT_MOST:
                text = (
                    "too much would have to be compared: name a patient or a span of _lastUpdated"
                )
                raise RefusedSearchError(refusal(400, "too-costly", text))
            if self._fits(hit):
                yield hit

    def _by_date(self) -> Found:
        placed = [(self._dated(hit), hit.id, hit) for hit in self._all()]
        down = self.criteria.sort.startswith("-")
        placed.sort(key=lambda each: each[:2], reverse=down)
        if (after := self.asked.after) is not None:
            place = (after.key, after.id)
            placed = [p for p in placed if (p[:2] < place if down else p[:2] > place)]
        page = placed[: self.criteria.count]
        rest = After(*page[-1][:2]) if len(placed) > len(page) else None
        return Found(tuple(hit for _, _, hit in page), rest)

    def _dated(self, hit: Hit) -> datetime:
        span = effective_span(msgspec.json.decode(hit.body), self.asked.place.zone)
        return span.start if span else UNDATED

    def included(self, found: Sequence[Hit]) -> list[Hit]:
        """Return the patients of what was found, where the scopes permit to read them."""
        ids = sorted({str(hit.patient_id) for hit in found if hit.patient_id})
        if not ids or not may_search(self.caller, "Patient"):
            return []
        wanted = Criteria("Patient", ids=[tuple(ids)])
        return hits(
            self.session, stored(self.session, self.caller, wanted, (), asof=self.asked.asof)
        )


def may_search(caller: Caller, kind: str) -> bool:
    """Return whether the granted scopes permit to search a type (SEC-03)."""
    return caller.kind != "client" or allows(caller.scopes, kind, "s")


def search(session: Session, caller: Caller, criteria: Criteria, asked: Asked) -> bytes:
    """Return the searchset; one audit row for each patient whose data is in it (SEC-16).

    Raises
    ------
    ForbiddenError
        When the granted scopes do not permit to search this type.
    RefusedSearchError
        When too much would have to be read.
    """
    if not may_search(caller, criteria.kind):
        raise ForbiddenError(f"the granted scopes do not permit {criteria.kind} search")
    patients = tuple(
        set(uuids(whose.ids))
        | (patients_called(session, caller, whose.tokens) if whose.tokens else set())
        for whose in criteria.patients
    )
    work = Search(session, caller, criteria, asked, patients)
    if criteria.only_count:
        note(session, caller, criteria.kind, now=asked.now)
        return _bundle(work, Found(()), (), total=work.total())
    found = work.page()
    more = work.included(found.hits) if criteria.include else []
    seen = {hit.patient_id for hit in (*found.hits, *more)}
    note(session, caller, criteria.kind, now=asked.now, patients=seen)
    return _bundle(work, found, more)


def note(  # noqa: PLR0913 (an audit row has this many facts)
    session: Session,
    caller: Caller,
    kind: str,
    *,
    now: datetime,
    patients: set[UUID | None] | None = None,
    outcome: str = "success",
) -> None:
    """Write down a search, its patients, and how it ended."""
    whose = sorted(patients or {None}, key=str)
    audit.record(
        session, caller, audit.Action.EXECUTE, kind, now=now, patients=whose, outcome=outcome
    )


def _bundle(work: Search, found: Found, more: Sequence[Hit], total: int | None = None) -> bytes:
    asked, kind = work.asked, work.criteria.kind
    address = f"{asked.place.base}/{kind}"
    links = [{"relation": "self", "url": f"{address}?{urlencode(_applied(work))}"}]
    if found.rest is not None:
        page = Page(kind, work.caller.id, asked.pairs, asked.asof, found.rest.key, found.rest.id)
        sealed = seal(page, asked.secret, now=asked.now)
        links.append({"relation": "next", "url": f"{address}?_page={sealed}"})
    entries = [_entry(hit, asked.place.base, "match") for hit in found.hits]
    entries += [_entry(hit, asked.place.base, "include") for hit in more]
    issues = _said(work)
    if issues:
        outcome = operation_outcome(issues)
        entries.append({"resource": outcome, "search": {"mode": "outcome"}})
    said: dict[str, Any] = {
        "resourceType": "Bundle",
        "meta": {"lastUpdated": asked.asof.isoformat()},
        "type": "searchset",
    }
    said |= {} if total is None else {"total": total}
    said |= {"link": links} | ({"entry": entries} if entries else {})
    return msgspec.json.encode(said)


def _said(work: Search) -> list[Issue]:
    issues = [not_served(name, "warning") for name in work.criteria.ignored]
    if work.criteria.include and not may_search(work.caller, "Patient"):
        text = "the granted scopes do not permit Patient search: nothing was included"
        issues.append(Issue("warning", "forbidden", text))
    return issues


def _entry(hit: Hit, base: str, mode: str) -> dict[str, Any]:
    body = hit.body
    if hit.version:
        body = stamp(body, id_=str(hit.id), version=hit.version, updated=hit.updated)
    return {
        "fullUrl": f"{base}/{hit.kind}/{hit.id}",
        "resource": msgspec.Raw(body),
        "search": {"mode": mode},
    }


def _applied(work: Search) -> list[tuple[str, str]]:
    """Return what was applied, with our own ids for whoever was named by a record number.

    A record number has no place in an address (SEC-24); nobody is the id of nobody.
    """
    whose = iter(zip(work.criteria.patients, work.patients, strict=True))
    said = []
    for name, value in work.criteria.applied:
        bare = name.partition(".")[0].partition(":")[0]
        if bare in ("patient", "subject"):
            asked, found = next(whose)
            ids = sorted(f"Patient/{each}" for each in found)
            said.append((bare, ",".join(ids) or "Patient/none") if asked.tokens else (name, value))
        elif name == "identifier":
            said.append((name, "(withheld)"))
        else:
            said.append((name, value))
    ending = "count" if work.criteria.only_count else ""
    more = [("_summary", ending)] if ending else [("_count", str(work.criteria.count))]
    return said + more


def continued(page: Page, asked: Asked) -> Asked:
    """Return the request that a link to a further page stands for."""
    return replace(asked, pairs=page.pairs, asof=page.asof, after=After(page.key, page.id))
