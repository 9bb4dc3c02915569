"""The audit trail as AuditEvents, for callers whose scopes name it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from app.fhir_api.rendered import Rendered
from core.among import each_among
from core.audit import AuditEvent, asked_with
from fhir.audit_event import Done, audit_event
from fhir.provenance import who
from fhir.search_fields import FIELDS
from ingest.tables import Client

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from app.fhir_api.scope import Scope, Seen

ACCOUNTS = "urn:wardlight:account"
_LONGEST = 18  # digits of an id


class Trail(Rendered):
    """Audit rows in the order in which they were written."""

    order = ("recorded", "id")
    sorts = frozenset({"date", "_lastUpdated"})
    owned = False

    def rows(self, scope: Scope) -> Select[Any]:
        """Return every row as of an instant."""
        return select(AuditEvent).where(AuditEvent.recorded <= scope.asof)

    def of(self, scope: Scope, patient: UUID) -> Any:  # noqa: ARG002 (some kinds must look it up)
        """Return the condition that it concerns this patient."""
        return AuditEvent.patient_id == patient

    def named(self, ids: frozenset[str]) -> Any:
        """Return the condition that it is one of these."""
        numbers = [int(each) for each in ids if each.isdecimal() and len(each) <= _LONGEST]
        return AuditEvent.id.in_(numbers)

    def column(self, name: str) -> Any:
        """Return a column of the order."""
        return getattr(AuditEvent, name)

    def updated(self, row: Any) -> datetime:
        """Return when it was written; it never changes."""
        at: datetime = row.recorded
        return at

    def _seen(self, scope: Scope, query: Any) -> list[Seen]:
        """Leave out, for a bound client, what others did that concerned no patient (SEC-04)."""
        seen, caller = super()._seen(scope, query), scope.caller
        bound = select(Client.bound).where(Client.id == caller.id)
        if caller.kind != "client" or not scope.session.scalar(bound):
            return seen
        return [
            replace(each, meant=each.patient_id is not None or each.row.caller_id == caller.id)
            for each in seen
        ]

    def render(self, session: Session, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Return the resources."""
        query = select(Client.id, Client.name).where(
            each_among(Client.id, {r.caller_id for r in rows})
        )
        names = {row[0]: row[1] for row in session.execute(query)}
        texts = asked_with(session, {row.query_id for row in rows if row.query_id})
        return [
            _event(row, names.get(row.caller_id, ""), texts.get(row.query_id, "")) for row in rows
        ]


def _event(row: AuditEvent, name: str, query: str) -> dict[str, Any]:
    agent = who("")
    if row.caller_kind == "client":
        agent = who(str(row.caller_id), name)
    elif row.caller_kind == "user":
        account = {"system": ACCOUNTS, "value": str(row.caller_id)}
        agent = {"type": "Practitioner", "identifier": account}
    served = row.entity in FIELDS and row.entity_id is not None
    done = Done(
        action=row.action,  # type: ignore[arg-type]  # core.audit.Action, stored by value
        entity=row.entity,
        outcome=row.outcome,
        agent=agent,
        entity_reference=f"{row.entity}/{row.entity_id}" if served else "",
        patient=f"Patient/{row.patient_id}" if row.patient_id else "",
        purpose=row.purpose or "",
        address=row.address or "",
        query=query,
    )
    return audit_event(done, recorded=row.recorded)
