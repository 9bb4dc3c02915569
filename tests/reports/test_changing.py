"""Which changes of a week are read: a rule that changed here, and not one that a copy brought."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from reports.changes import Kind
from reports.changing.repository import made
from reports.works.repository import Span
from tests.ingest.summing.lives import NOW, enrol
from tests.scored import brought, score

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

HOUR = timedelta(hours=1)
SPAN = Span(NOW - 24 * HOUR, NOW)


def test_only_what_was_judged_here_says_that_rules_changed(session: Session) -> None:
    kept, changed = enrol(session), enrol(session)
    for who in (kept, changed):
        score(session, who, NOW - 9 * HOUR, 0.1)
        brought(session, who, NOW - 6 * HOUR)
        score(session, who, NOW - 4 * HOUR, 0.1)
    brought(session, changed, NOW - 3 * HOUR, rules="new")
    score(session, changed, NOW - 2 * HOUR, 0.1, rules="new")

    found = made(session, {kept: kept, changed: changed}, SPAN)

    rules = [(each.at, each.subject, each.patients) for each in found if each.kind is Kind.RULES]
    assert rules == [(NOW - 2 * HOUR, "new", (changed,))]
