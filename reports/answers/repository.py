"""Completes alerts by who was reached when, the hours they began in, and the rules in them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select

from alerts.tables import Alert, AlertFinding
from core.among import among
from core.rows import read
from reports.service_hours import in_hours

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from reports.episodes import Episode


def completed(session: Session, episodes: Iterable[Episode]) -> tuple[Episode, ...]:
    """Return alerts with what only a report of a week asks for."""
    listed = tuple(episodes)
    ids = [each.id for each in listed]
    policy = Alert.policy
    query = select(Alert.id, Alert.contacted_at, policy["place"], policy["hours"])
    known = {row[0]: row for row in read(session, query.where(among(Alert.id, ids)))}
    rules = _rules(session, ids)
    return tuple(
        replace(
            each,
            contacted_at=each.contacted_at if each.risen_at else known[each.id][1],
            in_hours=in_hours(known[each.id][2], known[each.id][3], each.opened_at),
            rules=tuple(sorted(rules.get(each.id, ()))),
        )
        for each in listed
    )


def _rules(session: Session, ids: list[UUID]) -> dict[UUID, set[str]]:
    row = AlertFinding
    query = select(row.alert_id, row.rule_id).where(among(row.alert_id, ids))
    found: dict[UUID, set[str]] = defaultdict(set)
    for alert, rule in read(session, query.where(row.fallen_at.is_(None)).distinct()):
        found[alert].add(rule)
    return found
