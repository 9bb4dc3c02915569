"""Each file of tests begins with nothing of another's in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select, text

from app.schema import METADATA
from tests.emptying import KEPT, empty
from tests.ward import open_ward

if TYPE_CHECKING:
    from core.database import Database
    from core.embedded import Servers


def held(database: Database) -> dict[str, int]:
    with database.transaction() as session:
        tables = {
            table.name: select(func.count()).select_from(table)
            for table in METADATA.tables.values()
        }
        counted = {name: session.scalar(query) or 0 for name, query in tables.items()}
    return {name: number for name, number in counted.items() if number}


def test_nothing_is_left_but_the_schema(database: Database, embedded: Servers) -> None:
    assert held(database) == {}
    open_ward(database)
    assert {"patient", "patient_stay", "alert", "reading", "audit_event"} <= held(database).keys()

    empty(embedded.migration_database_url)

    assert held(database) == {}
    with database.transaction() as session:
        for name in KEPT:
            assert session.scalar(text(f"select count(*) from {name}")) == 1  # noqa: S608 (constants)
