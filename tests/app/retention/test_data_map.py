"""Each table says whose data it holds, what for, how long; the page says what is so (SEC-48)."""

from __future__ import annotations

from pathlib import Path

from app.retention import data_map
from app.retention.kinds import KINDS
from app.schema import METADATA

PAGE = Path(__file__).parents[3] / "docs" / "data-map.md"


def test_the_page_is_what_the_tables_and_the_terms_say_sec_48() -> None:
    """`wardlight datamap > docs/data-map.md` writes it anew."""
    assert PAGE.read_text() == data_map.page()


def test_every_table_stands_on_it_once_with_all_its_columns_sec_48() -> None:
    rows = {line.split("`")[1]: line for line in data_map.page().splitlines() if line[:3] == "| `"}

    assert set(rows) == set(METADATA.tables)
    for name, table in METADATA.tables.items():
        assert all(column.name in rows[name] for column in table.columns), name
        assert rows[name].split("|")[2].strip(), name


def test_what_a_schedule_takes_of_a_table_is_what_the_map_says_of_it_sec_48() -> None:
    said = {
        table: (group.kind, *group.also) for group in data_map.groups() for table in group.tables
    }

    for kind, sources in KINDS.items():
        for each in sources:
            assert kind in said[each.table.__tablename__], each.table


def test_what_is_sealed_is_said_of_it_sec_27() -> None:
    page = data_map.page()

    (line,) = [each for each in page.splitlines() if each.startswith("| `patient` |")]
    assert line.rstrip(" |").rsplit("| ", 1)[-1] == "name, birth_date, override_reason"
