"""Writes judgements, those of many people in one statement."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from core.rows import run
from monitoring.asking.repository import ask_all
from monitoring.phrases import write_phrase
from monitoring.record import write_awaited, write_finding, write_risk, write_usual

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from monitoring.findings import Assessment


@dataclass(frozen=True, slots=True)
class Judged:
    """A judgement to be stored, the name of its effect, and how far the arrivals were read."""

    found: Assessment
    key: str
    received_until: datetime

    @property
    def patient_id(self) -> UUID:
        """Return whose it is."""
        return UUID(self.found.person_id)


# A person's own judgement under this key was stored before: that one stands (REL-10).
_STORE = """
insert into assessment
    (id, patient_id, key, at, received_until, severity, findings, shadow, risk, usual, expected,
    notes, rulebook_hash, model_id, recheck_at, judged_from)
select id, patient_id, key, at, received_until, severity, findings::jsonb, shadow::jsonb,
    risk::jsonb, usual::jsonb, expected::jsonb, notes::jsonb, rulebook_hash, model_id,
    recheck_at, judged_from
from unnest(%b::uuid[], %b::uuid[], %b::text[], %b::timestamptz[], %b::timestamptz[],
    %b::text[], %b::text[], %b::text[], %b::text[], %b::text[], %b::text[], %b::text[],
    %b::text[], %b::text[], %b::timestamptz[], %b::timestamptz[])
    as found (id, patient_id, key, at, received_until, severity, findings, shadow, risk, usual,
    expected, notes, rulebook_hash, model_id, recheck_at, judged_from)
on conflict (patient_id, key) do nothing
returning patient_id, id
"""
_STORED = """
select patient_id, assessment.id from assessment
join unnest(%b::uuid[], %b::text[]) as known (person, name) on patient_id = person and key = name
"""


def store(session: Session, judged: Sequence[Judged]) -> dict[UUID, UUID]:
    """Store judgements, one of each person; return by person the ids of those that are new."""
    if not judged:
        return {}
    columns = [list(each) for each in zip(*map(_row, judged), strict=True)]
    new: dict[UUID, UUID] = dict(run(session, _STORE, *columns))
    asked = (each for each in judged if each.patient_id in new)
    ask_all(
        session, ((each.patient_id, each.found.at, a) for each in asked for a in each.found.asks)
    )
    return new


def known(session: Session, judged: Iterable[Judged]) -> dict[UUID, UUID]:
    """Return by person the ids of the judgements that were stored under these names before."""
    keys = {each.patient_id: each.key for each in judged}
    return dict(run(session, _STORED, list(keys), list(keys.values()))) if keys else {}


def _row(judged: Judged) -> tuple[object, ...]:
    found = judged.found
    return (
        uuid4(),
        judged.patient_id,
        judged.key,
        found.at,
        judged.received_until,
        None if found.severity is None else found.severity.value,
        _json([write_finding(finding) for finding in found.findings]),
        _json([write_finding(finding) for finding in found.shadow]),
        _json(write_risk(found.risk)) if found.risk else None,
        _json({vital.value: write_usual(usual) for vital, usual in found.usual.items()}),
        _json({vital.value: write_awaited(each) for vital, each in found.expected.items()}),
        _json([write_phrase(note) for note in found.notes]),
        found.rulebook_hash,
        found.model_id,
        found.recheck_at,
        found.judged_from,
    )


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
