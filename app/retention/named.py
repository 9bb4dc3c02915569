"""Which Observations something names: a finding, an alert, a request, a score in dispute."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.rows import run
from ingest.merging.repository import everybody

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

_EVIDENCE = "$[*].evidence[*].reading_id"
_BASIS = "$.basis[*].reading_id"
_NAMED = f"""
select distinct split_part(id, '/', 1)::uuid from (
    select jsonb_path_query(findings || shadow, '{_EVIDENCE}') #>> '{{}}'
    from assessment where patient_id = any(%b::uuid[]) and at >= %b::timestamptz
        and (severity is not null or shadow <> '[]')
    union all
    select each ->> 0 from alert join alert_finding on alert_finding.alert_id = alert.id
    cross join lateral jsonb_array_elements(alert_finding.evidence) each
    where alert.patient_id = any(%b::uuid[])
    union all
    select reading_id from repeat_request where patient_id = any(%b::uuid[])
    union all
    select jsonb_path_query(judged.risk, '{_BASIS}') #>> '{{}}'
    from score_contest said join assessment judged on judged.id = said.assessment_id
    where said.patient_id = any(%b::uuid[])
) named (id) where id ~ '^[0-9a-f]{{8}}-[0-9a-f-]{{27}}/'
"""  # noqa: S608 (only the names above)


def named(session: Session, people: Collection[UUID], since: datetime) -> set[UUID]:
    """Return the Observations of people that stand behind anything found since an instant.

    Those that a contested score rests on are needed for the dispute, and for whoever looks again.
    """
    records = sorted({id_ for ids in everybody(session, people).values() for id_ in ids})
    return {row[0] for row in run(session, _NAMED, records, since, *[records] * 3)}
