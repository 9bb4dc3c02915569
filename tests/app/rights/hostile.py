"""Words that would be script, an attribute, a template or an address, put into every column.

What looks at them is a parser of HTML as browsers have it: whatever the words made of a page
would be an element, an attribute, a script or an address there.
"""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime
from string import Formatter
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import tinyhtml5
from sqlalchemy import (
    JSON,
    Boolean,
    Date,
    DateTime,
    LargeBinary,
    Numeric,
    String,
    UniqueConstraint,
    Uuid,
    bindparam,
    insert,
    literal,
    select,
    text,
    update,
)

from alerts.wording.repository import OF_ALERTS
from app.schema import METADATA
from app.subscriptions.repository import Sealed, seal
from app.subscriptions.tables import Subscription
from core.sealed_fields import sealed_columns
from core.sealing import keyring_of
from core.security import Role
from tests.app.rights.kept_texts import READ_AS, WORDS, sealed
from tests.app.rights.whole import OWN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Column, Table
    from sqlalchemy.orm import Session

    from core.sealed_fields import SealedColumn
    from tests.app.rights.whole import Whole

MARK = "zq7"
HOSTILE = (
    f"javascript:alert(7)//{MARK}' \" ` {MARK}=1 onerror=alert(7) ><{MARK} onload=alert(7)>"
    f"</title></textarea></option></script><script>alert(7)</script><img src={MARK}>-->"
    f"{MARK}={{{{7*7}}}}{MARK}=${{7*7}} {{{MARK}}} {{0.__class__}} %({MARK})s &lt;{MARK}&gt; ]]>"
    # A header of a mail, a screen that is wiped, words turned round, a link and a heading.
    f"\r\nBcc: {MARK}@evil.example\r\n\r\n\x1b[2J\u202e[{MARK}](https://evil.example)\n# {MARK}"
)
# What a table is likely to show begins as a formula would.
FORMULA = "=1+1;"
FORMULAS = frozenset(
    ("patient.name", "practitioner.name", "care_team.name", "app_user.display_name", "client.name")
)
# What is sealed in a shape of its own.
SHAPED = {"alert_event.words": json.dumps(dict.fromkeys(("note", "why", *OF_ALERTS), HOSTILE))}
WORKED_OUT = re.compile(rf"{MARK}=49")
ADDRESSES = ("href", "src", "action", "formaction", "data", "poster", "srcset")
# The closed words that a row needs whose other columns are hostile; numbers and times are made.
ROWS: dict[str, dict[str, Any]] = {
    "audit_query": {},
    "bulk_export": {"state": "complete", "scopes": [], "kinds": [], "filters": [], "after": []},
    "checklist_answer": {"item": "swelling", "answer": "yes", "about": ""},
    "client_assertion": {},
    "clock_doubt": {},
    "contact_point": {"channel": "chat", "tiers": None, "secrets": b""},
    "correction": {"what": "name", "kind": "Patient"},
    "declared_pause": {"kind": "other", "ended_by_id": None, "ended_at": None},
    "delivery_attempt": {"outcome": "refused"},
    "device": {},
    "device_clock": {},
    "discharge": {"why": "other", "died_on": b""},
    "learned_model": {
        "id": f"risk-{uuid4().hex[:12]}", "state": "retired", "artefact": "{}", "card": {},
        "added_by_kind": "user",
    },
    "legal_hold": {"released_at": None, "released_by": None, "until": None},
    "model_event": {"change": "promoted", "by_kind": "user"},
    "patient_merge": {},
    "patient_number": {"channel": "sms", "carer": True, "gone_at": None, "until": None},
    "person_choice": {"purpose": "research", "until": None},
    "practitioner_role": {"active": True},
    "right_change": {"by_kind": "user", "what": "role"},
    "score_contest": {"by": "patient", "ground": "other", "ruling": "upheld"},
    "site": {"closed_at": None},
    "subscription": {
        "status": "active", "topic": "x", "payload": "application/fhir+json", "sealed": b"",
        "deleted_at": None,
    },
    "training_run": {
        "state": "failed", "stage": "fitting", "why": "error", "asked_by_kind": "user",
        "model_id": "", "started_at": None,
    },
    "weekly_report": {
        "state": "failed", "why": "error", "asked_by_kind": "user", "zone": "UTC", "digest": "",
        "report": None, "patients": [],
    },
    "broken_promise": {"invariant": "no-such-promise"},
}  # fmt: skip


def broken_out(body: str) -> list[str]:
    """Return what hostile words have become in a page: nothing, if it is safe."""
    found = [f"worked out: {each}" for each in WORKED_OUT.findall(body)]
    for element in tinyhtml5.parse(body).iter():
        name = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else "a comment"
        if MARK in name or (name == "script" and "alert(7)" in (element.text or "")):
            found.append(f"an element: {name}")
        for attribute, value in element.attrib.items():
            if MARK in attribute or attribute.startswith("on"):
                found.append(f"an attribute: {attribute} of {name}")
            where = attribute.rpartition("}")[2]
            if where in ADDRESSES and re.match(r"\s*(javascript|data):|zq7$", value):
                found.append(f"an address: {value} of {name}")
    return found


def poison(session: Session, whole: Whole) -> dict[str, int]:
    """Put hostile words into every column that holds words; return in how many rows of each."""
    # The owner's own act: what no trigger lets the application change is hostile too.
    for name in sorted({each.partition(".")[0] for each in WORDS | sealed()}):
        session.execute(text(f"alter table {name} disable trigger user"))
    for name, fixed in ROWS.items():
        session.execute(insert(METADATA.tables[name]).values(_row(session, whole, name, fixed)))
    for row in session.scalars(select(Subscription).where(Subscription.sealed == b"")):
        held = Sealed({"resourceType": "Subscription", "reason": HOSTILE}, HOSTILE, (), ())
        row.sealed = seal(session, row.id, held)
    reached = {name: _overwrite(session, whole, name) for name in sorted(WORDS)}
    for each in sealed_columns(METADATA):
        if str(each.column) not in READ_AS:
            reached[str(each.column)] = _seal(session, whole, each)
    session.expire_all()
    return reached


def _row(session: Session, whole: Whole, name: str, fixed: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for column in METADATA.tables[name].columns:
        if column.name in fixed:
            made[column.name] = fixed[column.name]
        elif not (column.identity or (column.autoincrement is True)):
            made[column.name] = _value(session, whole, column)
    return {key: value for key, value in made.items() if value is not ...}


def _value(session: Session, whole: Whole, column: Column[Any]) -> Any:
    """Return what stands in a column of an invented row; `...` leaves it to the database."""
    nurse, own = whole.users[Role.NURSE], whole.ward.patients[OWN]
    known = {
        "patient_id": own,
        "survivor_id": own,
        "merged_id": whole.ward.patients["Han Sooja"],
        "alert_id": whole.ward.alerts[OWN][0],
        "assessment_id": UUID(whole.ids["RiskAssessment", "own"]),
        "team_id": whole.ward.team,
        "client_id": whole.client,
        "practitioner_id": whole.ward.practitioner_id,
        "owner": f"practitioner:{whole.ward.practitioner_id}",
    }
    if column.name in known:
        return known[column.name]
    if column.name == "id" and not isinstance(column.type, String):
        return uuid4() if isinstance(column.type, Uuid) else ...
    for reference in column.foreign_keys:
        return session.scalar(select(reference.column).limit(1))
    kinds: tuple[tuple[type[Any], Any], ...] = (
        (Uuid, nurse),
        (DateTime, whole.ward.now),
        (Date, whole.ward.now.date()),
        (Boolean, False),
        (LargeBinary, b"-"),
        (JSON, []),
        (String, f"{column.name} {uuid4().hex[:8]}"),
        (Numeric, 0),
    )
    return next((value for kind, value in kinds if isinstance(column.type, kind)), 1)


def _whose(whole: Whole, table: Table) -> Any:
    """Return which rows are this world's: of its people, or all where a table has none."""
    if "patient_id" in table.columns:
        return table.c.patient_id.in_(whole.ward.patients.values())
    return literal(value=True)


def _overwrite(session: Session, whole: Whole, name: str) -> int:
    table_name, _, column_name = name.partition(".")
    table = METADATA.tables[table_name]
    column = table.columns[column_name]
    # Where each must be another, it bears something of its own.
    alone = column.unique or column.primary_key or column_name in _alone(table)
    own = text(f"'{MARK}' || ctid::text") if alone else text("''")
    said = literal(FORMULA * (name in FORMULAS) + HOSTILE).concat(own)
    statement = update(table).where(_whose(whole, table)).values({column: said})
    return int(session.connection().execute(statement).rowcount)


def _alone(table: Table) -> set[str]:
    unique = [index.columns for index in table.indexes if index.unique]
    unique += [each.columns for each in table.constraints if isinstance(each, UniqueConstraint)]
    return {column.name for columns in unique for column in columns}


def _seal(session: Session, whole: Whole, each: SealedColumn) -> int:
    table, ring = each.column.table, keyring_of(session)
    keys = list(table.primary_key.columns)
    of_place = [table.columns[name] for _, name, _, _ in Formatter().parse(each.place) if name]
    wanted = {column.name: column for column in (*keys, *of_place)}.values()
    rows = session.execute(select(*wanted).where(_whose(whole, table))).mappings().all()
    which = [key == bindparam(f"key_{key.name}") for key in keys]
    statement = update(table).where(*which).values({each.column: bindparam("sealed")})
    said = SHAPED.get(str(each.column), FORMULA * (str(each.column) in FORMULAS) + HOSTILE)
    changed = [
        {f"key_{key.name}": row[key.name] for key in keys}
        | {"sealed": ring.seal(said.encode(), place=each.of({k: _utc(v) for k, v in row.items()}))}
        for row in rows
    ]
    if changed:
        session.connection().execute(statement, changed)
    return len(changed)


def _utc(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def cells(table: str) -> Iterator[str]:
    """Yield the cells of a table of ours that hold hostile words."""
    for row in csv.reader(io.StringIO(table)):
        yield from (cell for cell in row if MARK in cell)
