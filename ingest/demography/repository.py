"""Reads what sorts many people: age, sex, conditions. No name is opened for it."""

from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import select

from core.among import among
from core.rows import read
from core.sealed_fields import unseal
from ingest.context.repository import facts_of
from ingest.merging.repository import everybody, merged_ids, survivors
from ingest.repository import condition_groups
from ingest.roster import Demography
from ingest.tables import Patient

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Select
    from sqlalchemy.orm import Session


def demographies(
    session: Session,
    visible: Select[UUID],
    patients: Collection[UUID] | None = None,
    *,
    now: datetime,
) -> list[Demography]:
    """Return of which kind visible people are, or some of them, each person once."""
    query = select(Patient.id, Patient.birth_date, Patient.sex)
    query = query.where(Patient.id.in_(visible), Patient.id.not_in(merged_ids()))
    if patients is not None:
        heads = survivors(session, patients)
        query = query.where(among(Patient.id, {heads.get(each, each) for each in patients}))
    rows = read(session, query)
    people = everybody(session, [row.id for row in rows])
    records = [id_ for person in people.values() for id_ in person]
    facts = facts_of(session, records, condition_groups())
    at = now.timestamp()
    return [
        Demography(
            id_,
            _day(unseal(session, Patient.birth_date, born, id=id_)),
            sex,
            frozenset[str]().union(
                *(f.groups for each in people[id_] for f in facts[each] if f.holds(at, math.inf))
            ),
        )
        for id_, born, sex in rows
    ]


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
