"""Makes the copy of all that is kept of one person, and writes down that it was made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec

from app.copies.rows import tables_of
from app.counted import counted
from app.erasure.beside import nobody_erased
from app.fhir_api.everything import ORDER, Limits, Tour
from app.fhir_api.scope import Scope
from app.fhir_api.service import Asked
from core.audit import Action, record
from core.errors import NotFoundError
from core.security import SYSTEM, Role
from fhir.search_criteria import Criteria, Place
from ingest.receipt import STORED
from ingest.repository import may_see, one_person

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from app.fhir_api.walk import Hit
    from core.security import Caller
    from core.settings import Settings

ENTITY = "copy"
AT_A_TIME = 500
MOST_ENTRIES = 400  # of one Bundle for another system: doors have bounds


@dataclass(frozen=True, slots=True)
class Copy:
    """All of one person: as FHIR, and as the rows of tables that FHIR does not say."""

    patient_id: UUID
    made_at: datetime
    entries: list[dict[str, Any]]
    tables: dict[str, list[dict[str, Any]]]

    def bundle(self) -> bytes:
        """Return everything as one Bundle, to be read."""
        said = {
            "resourceType": "Bundle",
            "type": "collection",
            "timestamp": self.made_at.isoformat(),
            "entry": self.entries,
        }
        return msgspec.json.encode(said)

    def batches(self) -> Iterator[bytes]:
        """Yield what a system can take in, as Bundles in the order in which they refer.

        What was concluded here (scores, alerts, accesses) is an account, and nothing to act on
        for another system: it draws its own conclusions of the same data.
        """
        known = [each["resource"] for kind in STORED for each in self.entries if _is(each, kind)]
        for first in range(0, len(known), MOST_ENTRIES):
            entries = [_put(each) for each in known[first : first + MOST_ENTRIES]]
            yield msgspec.json.encode({"resourceType": "Bundle", "type": "batch", "entry": entries})


def copy(
    session: Session, caller: Caller, patient_id: UUID, settings: Settings, *, now: datetime
) -> Copy:
    """Return the copy of a person whom the caller may see; one audit row says that it was made.

    A privacy officer, who sees nobody, makes it of whoever asks for it by that right. Raises
    `NotFoundError` where there is no such patient, or the caller may not know of them.
    """
    nobody_erased(session)
    if not may_see(session, _asker(caller), patient_id):
        raise NotFoundError("no such patient")
    ids = one_person(session, patient_id)
    record(session, caller, Action.EXECUTE, ENTITY, now=now, patients=sorted(ids))
    session.flush()
    base = settings.fhir_base
    place = Place(base, ZoneInfo(settings.site_timezone), now)
    asked = Asked((), place, "", now, now)
    scope = Scope(session, SYSTEM, "Patient", now, patients=ids)
    tour = _resources(Tour(scope, patient_id, Limits(criteria=_some()), asked))
    found = counted(session, list(tour))
    entries = [
        {
            "fullUrl": f"{base}/{hit.kind}/{hit.id}",
            "resource": msgspec.json.decode(hit.body),
        }
        for hit in found
    ]
    return Copy(patient_id, now, entries, tables_of(session, ids))


def _asker(caller: Caller) -> Caller:
    return SYSTEM if caller.role is Role.PRIVACY_OFFICER else caller


def _resources(tour: Tour) -> Iterator[Hit]:
    while True:
        page = tour.page(ORDER)
        yield from page.hits
        if page.rest is None:
            return
        tour = replace(tour, asked=replace(tour.asked, after=page.rest))


def _some() -> Criteria:
    criteria = Criteria("Patient")
    criteria.count = AT_A_TIME
    return criteria


def _is(entry: dict[str, Any], kind: str) -> bool:
    same: bool = entry["resource"]["resourceType"] == kind
    return same


def _put(resource: dict[str, Any]) -> dict[str, Any]:
    address = f"{resource['resourceType']}/{resource['id']}"
    return {"resource": resource, "request": {"method": "PUT", "url": address}}
