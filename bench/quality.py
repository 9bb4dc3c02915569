"""How fast the page of quality answers for 10,000 alerts whose devices are known (UX-08, UX-18)."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import text

from bench.inbox import PROBLEMS, fill, stocked, timed
from core.clock import utc_now
from core.ordered_ids import ordered_ids
from ingest.tables import Client, Device

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

PEOPLE = 2_000
BEHIND = 2  # readings, of two devices, behind each alert
MODELS = 10
_RESOURCES = """
insert into resource (id, client_id, patient_id, parcel_id, received_at, effective, start, length,
                      version, type, status)
select id, :client, p, id, :now, cast(:now as timestamptz) - n * interval '1 hour', 0, 0, 1,
       'Observation', 'final'
from unnest(cast(:ids as uuid[]), cast(:people as uuid[]), cast(:numbers as int[])) t (id, p, n)
"""
_READINGS = """
insert into reading (patient_id, vital, value, quality, effective, received_at, precision, device,
                     value_received, unit_received, resource_id, resource_version, history, ordinal,
                     roll, comparator, superseded, site)
select patient_id, 'heart_rate', 120, 'scored', effective, received_at, 'instant',
       (cast(:devices as text[]))[1 + abs(hashtext(id::text)) % :models], '120', '/min', id, 1,
       false, 0, null, '', false, ''
from resource
"""
_EVIDENCE = """
update alert_finding set evidence = read.evidence
from alert
join (select patient_id, jsonb_agg(jsonb_build_array(resource_id || '/1/heart_rate', 'heart_rate',
                                                     120, effective)) as evidence
      from reading where vital = 'heart_rate' group by patient_id) read using (patient_id)
where alert.id = alert_finding.alert_id
"""
_OUTCOMES = """
update alert set state = 'resolved', closed_at = :now, outcome =
    (array['true-actionable', 'true-no-action-needed', 'false-measurement', 'duplicate', null])
    [1 + abs(hashtext(id::text)) % 5]
"""
# The ceiling: the rows that the figures are counted from, read and not counted.
_ROWS = (
    "select id, patient_id, problem, severity, opened_at, closed_at, outcome from alert",
    "select alert_id, rule_id, value, evidence from alert_finding",
    "select resource_id, vital, effective, device from reading where vital = 'heart_rate'",
)


def main(arguments: list[str]) -> None:
    """Print the medians of the page and of its rows alone, read in turn, and their ratio."""
    parser = argparse.ArgumentParser(prog="bench quality")
    parser.add_argument("--repeats", type=int, default=7)
    repeats = parser.parse_args(arguments).repeats
    with stocked(_fill) as (database, client):

        def rows() -> None:
            with database.transaction() as session:
                for each in _ROWS:
                    session.execute(text(each)).all()

        client.get("/quality").raise_for_status()
        ceiling = timed(rows, repeats)
        page = timed(lambda: client.get("/quality"), repeats)
        listed = timed(lambda: client.get("/quality/alerts?by=device&key=Model+1"), repeats)
    print(
        f"quality, {PEOPLE * len(PROBLEMS):,} alerts with {BEHIND} readings behind each: median"
        f" {page:.0f} ms, its rows alone {ceiling:.0f} ms ({page / ceiling:.1f} x);"
        f" the list behind a figure {listed:.0f} ms"
    )


def _fill(session: Session) -> None:
    people, now = fill(session, PEOPLE, PROBLEMS), utc_now()
    client = Client(id=uuid4(), name="bench", jwks={}, scopes=[], created_at=now)
    devices = [Device(id=uuid4(), name=b"", model=f"Model {number}") for number in range(MODELS)]
    session.add_all([client, *devices])
    session.flush()
    facts = {
        "client": client.id,
        "now": now,
        "ids": ordered_ids(PEOPLE * BEHIND, now=now),
        "people": people * BEHIND,
        "numbers": [1 + number // PEOPLE for number in range(PEOPLE * BEHIND)],
        "devices": [str(device.id) for device in devices],
        "models": MODELS,
    }
    for statement in (_RESOURCES, _READINGS, _EVIDENCE, _OUTCOMES):
        session.execute(text(statement), facts)
