"""By which devices the readings behind alerts were measured, in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select, text

from ingest.tables import Client, Device
from reports.quality import device_group

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

# Each reading is looked up once, by its key, however many alerts rest on it: neither table is
# read whole, however large it is. After a merge a reading is still kept under the record that
# its resource was sent for.
_BEHIND = text("""
with told as materialized (
    select alert.id as alert_id, alert.patient_id,
           split_part(each ->> 0, '/', 1)::uuid as resource_id,
           each ->> 1 as vital, (each ->> 3)::timestamptz as at
    from alert
    join alert_finding on alert_finding.alert_id = alert.id and alert_finding.fallen_at is null
    cross join lateral jsonb_array_elements(alert_finding.evidence) each
    where alert.patient_id = any(:patients) and alert.opened_at >= :since
      and alert.opened_at < :until and each ->> 0 ~ '^[0-9a-f]{8}-[0-9a-f-]{27}/'
), measured as (
    select patient_id, resource_id, vital, at, array_agg(alert_id) as alerts
    from told group by patient_id, resource_id, vital, at
)
select reading.device, sent.client_id, array_agg(distinct alert_id)
from measured
left join lateral (
    select client_id, patient_id from resource where id = measured.resource_id limit 1
) sent on true
left join lateral (
    select device from reading
    where patient_id = coalesce(sent.patient_id, measured.patient_id)
      and effective = measured.at and vital = measured.vital
      and resource_id = measured.resource_id
    limit 1
) reading on true
cross join lateral unnest(measured.alerts) alert_id
group by reading.device, sent.client_id
""")


def devices_behind(
    session: Session, patient_ids: Sequence[UUID], *, since: datetime, until: datetime
) -> dict[UUID, frozenset[str]]:
    """Return by which devices each alert that opened in a span was measured, as groups name them.

    An alert without readings, or whose readings are not kept any more, is not in it.
    """
    facts = {"patients": list(patient_ids), "since": since, "until": until}
    rows = session.execute(_BEHIND, facts).all()
    models = _models(session, {device for device, _, _ in rows})
    clients = _clients(session, {client for _, client, _ in rows})
    found: dict[UUID, set[str]] = defaultdict(set)
    for device, client, alerts in rows:
        group = device_group(models.get(device, ""), clients.get(client))
        for alert in alerts:
            found[alert].add(group)
    return {alert: frozenset(groups) for alert, groups in found.items()}


def _models(session: Session, keys: Iterable[str | None]) -> dict[str | None, str]:
    """Return the models of the devices that were sent as resources of their own."""
    ids = {known: key for key in keys if key and (known := _uuid(key))}
    query = select(Device.id, Device.model).where(Device.id.in_(ids))
    return {ids[id_]: model for id_, model in session.execute(query)}


def _clients(session: Session, ids: Iterable[UUID | None]) -> dict[UUID | None, str]:
    query = select(Client.id, Client.name).where(Client.id.in_([each for each in ids if each]))
    return {row.id: row.name for row in session.execute(query)}


def _uuid(key: str) -> UUID | None:
    try:
        return UUID(key)
    except ValueError:  # what its sender calls a device that it never sent
        return None
