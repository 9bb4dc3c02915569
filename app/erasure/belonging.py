"""Of whom each row is: found by the columns themselves, so that no new table is forgotten; pure.

A row is a person's where it has a patient's id, or refers to a row that is that person's. What
refers to somebody without a foreign key is written down here, and so is every table that is of
nobody, with the reason (SEC-44).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Uuid, false, func, or_, select, union_all

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from uuid import UUID

    from sqlalchemy import Column, ColumnElement, CompoundSelect, MetaData, Table

PERSON = "patient.id"
# What leads to somebody without a foreign key.
BESIDE = {
    "resource_identifier.resource_id": "resource.id",
    "clock_correction.resource_id": "resource.id",
    "subscription_notice.alert_id": "alert.id",
    "parked.patient_key": "patient_identifier.key",
}
# What may be the id of any row of anybody.
SUBJECTS = ("outbox.subject_id", "sent_form.subject_id", "broken_subject.subject_id")
# What refers to a person's row and is not theirs: it is kept without the reference. So is every
# reference of a table to itself.
LOOSE = frozenset({"device.patient_id", "device_use.device_id"})
# What is taken out of rows that are kept, each by a step of its own (`repository`, `service`).
SHARED = {
    "parcel": "holds the received bytes of many: a person's are overwritten",
    "weekly_report": "keeps its figures: a person's id is taken out of it",
    "device": "goes unless somebody else used it; then it loses its name and whose it is",
    "care_team": "loses its name where it was there for this person alone",
    "bulk_export": "goes where it read anything of the person",
    "bulk_part": "goes with its export",
    "audit_query": "what was searched for goes where the answer was of the person",
    "answered_request": "goes where it names a row of the person",
}
# Whatever is of nobody in particular, and why it stays.
KEPT = {
    "audit_event": "who read and did what is kept by law (Art. 17(3)); of the person it has an id"
    " that leads to nobody any more",
    "audit_block": "hashes over the audit",
    "audit_head": "signatures over the audit",
    "enrolment_preview": "a sealed file that waits to be confirmed; whatever it holds goes with it"
    " after half an hour",
    "erasure": "proves that and when somebody was erased; it keeps a keyed digest",
    "app_user": "staff",
    "arrivals": "counts of people",
    "broken_promise": "counts",
    "bulk_load": "counts of lines",
    "bulk_outcome": "line numbers and codes",
    "care_team_participant": "staff",
    "client": "device integrations",
    "client_assertion": "device integrations",
    "contact_point": "staff",
    "device_clock": "how far clocks of devices are ahead, by keyed digests",
    "digest": "how many messages a member of staff was told of",
    "heartbeat": "the program itself",
    "incident": "counts of people",
    "learned_model": "models; no person's values stand in one",
    "login_session": "staff",
    "model_check": "counts by model",
    "model_event": "models",
    "on_call_shift": "staff",
    "post_times": "staff",
    "practitioner": "staff",
    "practitioner_identifier": "staff",
    "practitioner_leave": "staff",
    "practitioner_role": "staff",
    "programme_setting": "a team's own settings",
    "provider_record": "gateways",
    "receipt_seen": "random ids of receipts",
    "refused_tries": "who tried to sign in or to read, by keyed digest",
    "retention_pass": "counts of rows that were forgotten",
    "right_change": "what staff may do",
    "scheduled_run": "the program itself",
    "scored_days": "counts of days",
    "set_up_link": "digest of the link of a first start",
    "sign_in_failure": "keyed digests of accounts",
    "site": "where teams are",
    "spent_state": "keyed digests of sign-ins",
    "taken_out": "staff",
    "team_stay": "staff",
    "training_run": "trainings on simulated people",
    "watch_round": "the program's own synthetic person",
    "weekly_letter": "staff",
    "weekly_mail_off": "staff",
    "worker_group": "the program itself",
}


class Way(NamedTuple):
    """How a table leads to a person: a column, and what it refers to; None: the person's id."""

    column: Column[Any]
    to: Column[Any] | None


def ways(metadata: MetaData) -> dict[Table, tuple[Way, ...]]:
    """Return every table whose rows are of persons, each with all that says whose they are."""
    found: dict[Table, list[Way]] = defaultdict(list)
    beside = {_column(metadata, here): _column(metadata, to) for here, to in BESIDE.items()}
    skipped = {metadata.tables[name] for name in (*SHARED, *KEPT) if name in metadata.tables}
    changed = True
    while changed:
        changed = False
        for table in metadata.sorted_tables:
            if table in skipped:
                continue
            new = [way for way in _of(table, found, beside) if way not in found[table]]
            found[table] += new
            changed = changed or bool(new)
    return {table: tuple(held) for table, held in found.items() if held}


def _of(
    table: Table, found: Mapping[Table, Sequence[Way]], beside: Mapping[Column[Any], Column[Any]]
) -> list[Way]:
    made = []
    for column in table.columns:
        target = beside.get(column)
        targets = [target] if target is not None else [key.column for key in column.foreign_keys]
        if is_loose(column):
            continue
        if str(column) == PERSON or column.name == "patient_id":
            made.append(Way(column, None))
        for to in targets:
            if str(to) == PERSON:
                made.append(Way(column, None))
            elif to.table is not table and found.get(to.table):
                made.append(Way(column, to))
    return list(dict.fromkeys(made))


def is_loose(column: Column[Any]) -> bool:
    """Return whether a reference does not make a row that of whom it refers to."""
    own = any(key.column.table is column.table for key in column.foreign_keys)
    return own or str(column) in LOOSE


def loose(metadata: MetaData) -> list[tuple[Column[Any], Column[Any]]]:
    """Return the references that are emptied where what they refer to goes."""
    return [
        (column, key.column)
        for table in metadata.sorted_tables
        for column in table.columns
        for key in column.foreign_keys
        if is_loose(column) and column.nullable
    ]


def subjects(metadata: MetaData) -> list[Column[Any]]:
    """Return the columns that may name a row of anybody."""
    return [_column(metadata, name) for name in SUBJECTS]


def belongs(
    held: Mapping[Table, tuple[Way, ...]], table: Table, ids: Collection[UUID]
) -> ColumnElement[bool]:
    """Return whether a row of a table is of one of some records."""
    return or_(false(), *each_way(held, table, ids))


def each_way(
    held: Mapping[Table, tuple[Way, ...]], table: Table, ids: Collection[UUID]
) -> list[ColumnElement[bool]]:
    """Return the same by each way alone: along an index, where all ways together have none."""
    return [
        way.column.in_(ids) if way.to is None else way.column.in_(theirs(held, way.to, ids))
        for way in held.get(table, ())
    ]


def theirs(
    held: Mapping[Table, tuple[Way, ...]], key: Column[Any], ids: Collection[UUID]
) -> CompoundSelect[Any]:
    """Return a column of all rows of some records in its table."""
    return union_all(*(select(key).where(way) for way in each_way(held, key.table, ids)))


def whose(held: Mapping[Table, tuple[Way, ...]], table: Table) -> ColumnElement[Any]:
    """Return whose a row is, for every row of a table; null of nobody."""
    direct = [way.column for way in held[table] if way.to is None]
    further = [
        select(whose(held, way.to.table)).where(way.to == way.column).limit(1).scalar_subquery()
        for way in held[table]
        if way.to is not None and not direct
    ]
    return func.coalesce(*direct, *further) if len(direct + further) > 1 else (direct + further)[0]


def rows_by_id(held: Mapping[Table, tuple[Way, ...]], ids: Collection[UUID]) -> CompoundSelect[Any]:
    """Return the ids of all rows of some records that anything may name."""
    return union_all(
        *(
            select(key).where(way)
            for table in held
            for key in [_id(table)]
            if key is not None
            for way in each_way(held, table, ids)
        )
    )


def _id(table: Table) -> Column[Any] | None:
    key = table.columns.get("id")
    return key if key is not None and isinstance(key.type, Uuid) else None


def _column(metadata: MetaData, name: str) -> Column[Any]:
    table, _, column = name.partition(".")
    return metadata.tables[table].columns[column]
