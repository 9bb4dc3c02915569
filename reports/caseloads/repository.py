"""Leaves out of a query what happened while a team did not have the person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ARRAY, DateTime, Uuid, column, exists, func, literal, true

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from ingest.caseload import Apart

_INSTANT = DateTime(timezone=True)
# The same for a statement of text: of `:apart`, `:gone` and `:back`.
WITH_TEAM = """not exists (
    select from unnest(cast(:apart as uuid[]), cast(:gone as timestamptz[]),
                       cast(:back as timestamptz[])) apart (record, gone, back)
    where apart.record = {record} and {at} >= apart.gone and {at} < apart.back
)"""


def with_team(record: Any, at: Any, apart: Apart) -> ColumnElement[bool]:
    """Return whether a team had the person of a row at its instant.

    Where it had everybody all the time, as most weeks, nothing is added to a query.
    """
    if not apart.records:
        return true()
    lines = (
        func.unnest(
            literal(apart.records, ARRAY(Uuid())),
            literal(apart.since, ARRAY(_INSTANT)),
            literal(apart.until, ARRAY(_INSTANT)),
        )
        .table_valued(column("record", Uuid()), column("gone", _INSTANT), column("back", _INSTANT))
        .render_derived(name="apart")
    )
    return ~exists().where(lines.c.record == record, at >= lines.c.gone, at < lines.c.back)


def facts_of(apart: Apart) -> dict[str, Any]:
    """Return what a statement of text with `WITH_TEAM` is given."""
    return {"apart": apart.records, "gone": apart.since, "back": apart.until}
