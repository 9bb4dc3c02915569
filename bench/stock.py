"""Fills a database with as many rows as a search is to be tried on, straight into its tables."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from core.ordered_ids import ordered_ids
from fhir.search_kinds import STORED_KINDS
from ingest.parcels.repository import pack
from ingest.tables import Patient

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from ingest.parcels.repository import Span

PARCEL = 1_000  # Observations that came in together
DAYS = 700
OTHERS = 100  # Observations for each resource of another kind
JUDGED = 10  # Observations for each alert, assessment, message and audit row
_RECEIVED = "cast(:start as timestamptz) + n * cast(:step as interval)"
# Version 7: the milliseconds, then what makes it unique.
_ID = (
    f"(lpad(to_hex((extract(epoch from {_RECEIVED}) * 1000)::bigint), 12, '0') || '7'"
    " || lpad(to_hex(n % 4096), 3, '0') || '8' || substr(md5(n || :type), 1, 15))::uuid"
)
_PATIENT = "(cast(:patients as uuid[]))[n % :people + 1]"
_RESOURCES = f"""
insert into resource (id, patient_id, parcel_id, received_at, effective, start, length,
                      version, type, status)
select case when :type = 'Patient' then {_PATIENT} else {_ID} end,
       case when :owned then {_PATIENT} end, :parcel, {_RECEIVED} + :later,
       case when :type = 'Observation' then {_RECEIVED} - interval '1 hour' end,
       (n % :size) * :length, :length, :version, :type, 'final'
from generate_series(cast(:first as int), cast(:last as int), cast(:every as int)) n
"""  # noqa: S608 (constants)
_ALERTS = f"""
insert into alert (id, patient_id, problem, severity, state, version, fence, started_at,
                   last_seen_at, last_found_at, opened_at, policy_hash, policy)
select md5(n || 'alert')::uuid, {_PATIENT}, 'fluid', 'AMBER', 'resolved', 1, 0,
       {_RECEIVED}, {_RECEIVED}, {_RECEIVED}, {_RECEIVED}, '', '{{}}'
from generate_series(0, :last) n
"""  # noqa: S608 (constants)
_STEPS = f"""
insert into step (id, alert_id, position, kind, due_at, fence, state, to_kind, channel, reason)
select md5(n || 'step')::uuid, md5(n || 'alert')::uuid, 0, 'notify', {_RECEIVED}, 0, 'fired',
       'responsible', 'email', 'first'
from generate_series(0, :last) n
"""  # noqa: S608 (constants)
_DELIVERIES = f"""
insert into delivery (id, alert_id, patient_id, step_id, recipient, channel, severity, state,
                      public_id, attempts, created_at)
select md5(n || 'delivery')::uuid, md5(n || 'alert')::uuid, {_PATIENT}, md5(n || 'step')::uuid,
       'fallback', 'email', 'AMBER', 'delivered', md5(n || 'public'), 1, {_RECEIVED}
from generate_series(0, :last) n
"""  # noqa: S608 (constants)
_MESSAGES = f"""
insert into patient_message (id, patient_id, recipient, carer, channel, kind, key, asks, says,
                             language, zone, state, reason, attempts, created_at, until)
select md5(n || 'message')::uuid, {_PATIENT}, 'nobody', false, '', 'repeat', n::text, '[]', '[]',
       'en', 'UTC', 'withheld', 'no-number-known', 0, {_RECEIVED}, {_RECEIVED}
from generate_series(0, :last) n
"""  # noqa: S608 (constants)
_ASSESSMENTS = f"""
insert into assessment (id, patient_id, key, at, received_until, findings, risk, usual, notes,
                        rulebook_hash, model_id)
select md5(n || 'assessment')::uuid, {_PATIENT}, n::text, {_RECEIVED}, {_RECEIVED}, '[]',
       cast(:risk as jsonb), '{{}}', '[]', '', 'm'
from generate_series(0, :last) n
"""  # noqa: S608 (constants)
_ASKED = """
insert into audit_query (id, text)
select md5(n || 'asked')::uuid, '' from generate_series(0, :last) n
"""
_AUDIT = f"""
insert into audit_event (recorded, caller_kind, action, entity, patient_id, outcome, query_id)
select {_RECEIVED}, 'system', 'R', 'Observation', {_PATIENT}, 'success', md5(n || 'asked')::uuid
from generate_series(0, :last) n
"""  # noqa: S608 (constants)
RISK = {
    "probability": 0.1,
    "log_odds": -2.2,
    "intercept": -2.2,
    "contributions": [],
    "horizon_days": 7,
    "model_id": "m",
    "trained_on": "invented courses",
}
OBSERVATION = {
    "resourceType": "Observation",
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
    "effectiveDateTime": "2026-03-02T11:30:00Z",
    "valueQuantity": {
        "value": 72,
        "unit": "/min",
        "system": "http://unitsofmeasure.org",
        "code": "/min",
    },
}


@dataclass(frozen=True, slots=True)
class Stock:
    """What lies in the database: whose it is, and until when."""

    patients: tuple[UUID, ...]
    until: datetime


def fill(session: Session, rows: int, *, until: datetime, people: int = 0) -> Stock:
    """Store so many Observations, and all else in its proportion."""
    start, step = until - timedelta(days=DAYS), timedelta(days=DAYS - 2) / rows
    patients = tuple(ordered_ids(people or max(20, rows // 5_000), now=start))
    session.add_all(Patient(id=each, created_at=start) for each in patients)
    session.flush()
    common = {"patients": list(patients), "people": len(patients), "start": start, "step": step}
    for first in range(0, rows, PARCEL):
        spans = pack(session, [json.dumps(OBSERVATION).encode()] * PARCEL, now=start + first * step)
        _store(session, "Observation", spans, common | {"first": first})
    for kind in STORED_KINDS[1:]:
        number = len(patients) if kind == "Patient" else rows // OTHERS
        for first in range(0, number, PARCEL):
            body = {"resourceType": kind, "active": True}
            spans = pack(session, [json.dumps(body).encode()] * min(PARCEL, number), now=start)
            _store(session, kind, spans, common | {"first": first, "step": step * OTHERS})
    many = common | {"last": rows // JUDGED, "step": step * JUDGED, "risk": json.dumps(RISK)}
    for statement in (_ALERTS, _STEPS, _DELIVERIES, _MESSAGES, _ASSESSMENTS, _ASKED, _AUDIT):
        session.execute(text(statement), many)
    return Stock(patients, until)


def _store(session: Session, kind: str, spans: list[Span], common: dict[str, Any]) -> None:
    """Store a parcel's rows, and a later version of every fiftieth."""
    facts = common | {
        "type": kind,
        "owned": kind not in ("Practitioner", "PractitionerRole"),
        "parcel": spans[0].parcel_id,
        "size": len(spans),
        "length": spans[0].length,
        "last": common["first"] + len(spans) - 1,
    }
    new = {"every": 1, "version": 1, "later": timedelta()}
    session.execute(text(_RESOURCES), facts | new)
    corrected = {"every": 50, "version": 2, "later": timedelta(days=1)}
    session.execute(text(_RESOURCES), facts | corrected)
