"""What a file of people says, and everything that is wrong with it, row by row."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest

from core.errors import InvalidError
from ingest import sheet
from ingest.joining import Joining, Known
from ingest.repository import condition_groups
from ingest.sheet import checked, sheet_of
from ingest.spelt import teams_by_name

RIVERSIDE, HILLSIDE = uuid4(), uuid4()
KNOWN = Known(
    condition_groups(),
    teams_by_name([(RIVERSIDE, "Riverside"), (HILLSIDE, "Hillside")]),
    date(2026, 3, 2),
)
HEAD = "name,birth_date,identifier_system,identifier"
SYSTEM = "https://hospital.example/mrn"
INES = f"Ines Vale,1948-05-06,{SYSTEM},17"


def text(*rows: str, head: str = HEAD) -> bytes:
    return "\n".join([head, *rows]).encode()


def faults(*rows: str, head: str = HEAD) -> list[tuple[int, str, str]]:
    found = checked(sheet_of(text(*rows, head=head)), KNOWN, team="Riverside")
    return [(row.number, each.field, str(each.reason)) for row in found for each in row.faults]


def test_a_row_becomes_whom_it_enrols() -> None:
    head = (
        f"{HEAD},sex,team,language,zone,phone,email,conditions,lives_alone,home_oxygen,"
        "contact_name,contact_relationship,contact_phone"
    )
    row = (
        f"{INES},female,hillside,ko-KR,Asia/Seoul,+82 10 1234 5678,i@example.org,"
        '"I50.9; E11.9 copd",yes,no,Ana Vale,daughter,010-1111-2222'
    )

    [found] = checked(sheet_of(text(row, head=head)), KNOWN)

    assert found.faults == ()
    assert isinstance(found.joining, Joining)
    assert found.joining.team == HILLSIDE
    assert found.joining.numbers == ((SYSTEM, "17"),)
    assert [code for _, code in found.joining.conditions] == ["I50.9", "E11.9", "13645005"]
    assert (found.joining.lives_alone, found.joining.home_oxygen) == (True, False)
    assert found.joining.carers[0].phone == "010-1111-2222"


def test_everything_that_is_wrong_is_said_at_once_with_row_column_and_reason() -> None:
    assert faults(
        INES,
        f",1948-13-06,{SYSTEM},18",
        "Bo Lind,2031-01-01,mrn,",
        f"=cmd|'/c calc',1950-01-01,{SYSTEM},20",
        f"Ines Again,1948-05-06,{SYSTEM},17",
    ) == [
        (3, "name", "the name is missing"),
        (3, "birth_date", "this is not a day"),
        (4, "birth_date", "nobody who lives was born on this day"),
        (4, "identifier", "the system stands without a number"),
        (
            4,
            "identifier_system",
            "this is no URI, so that two hospitals could mean different things",
        ),
        (
            5,
            "name",
            "the cell begins like a formula, which a spreadsheet program would work out",
        ),
        (6, "identifier", "row 2 has the same number of the same system"),
    ]


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("sex", "f", "this is none of the codes"),
        ("team", "Lakeside", "none of your teams, or more than one, has this name"),
        ("language", "Korean!", "this is no code of a language"),
        ("zone", "Seoul", "there is no such time zone"),
        ("phone", "call me", "this is no telephone number"),
        ("phone", "123", "a telephone number has from 6 to 15 digits"),
        ("email", "ines", "this is no address of mail"),
        ("conditions", "heart", "one of the entries is no code"),
        ("lives_alone", "maybe", "this is neither yes nor no"),
        ("contact_name", "Ana", "the contact has no telephone number"),
        ("email", "@SUM(A1)", "the cell begins like a formula"),
    ],
    ids=str,
)
def test_a_cell_that_is_wrong_names_its_column_and_what_would_be_right(
    column: str, cell: str, reason: str
) -> None:
    rows = checked(
        sheet_of(text(f"{INES},{cell}", head=f"{HEAD},{column}")), KNOWN, team="Hillside"
    )

    [first, *_] = rows[0].faults
    assert first.field == ("contact_phone" if column == "contact_name" else column)
    assert reason in str(first.reason)
    assert str(first.right)
    assert rows[0].joining is None


def test_the_same_number_of_two_systems_is_two_people_sec_28() -> None:
    assert faults(INES, "Bo Lind,1950-01-01,https://other.example/mrn,17") == []


def test_a_telephone_number_may_begin_with_a_plus_and_nothing_else_may() -> None:
    assert faults(f"{INES},+82 10 1234 5678", head=f"{HEAD},phone") == []
    assert faults(f"+{INES}") != []


@pytest.mark.parametrize(
    ("raw", "encoding", "guessed"),
    [
        (f"{HEAD}\n김순자,1948-05-06,{SYSTEM},1".encode(), "UTF-8", False),
        (f"{HEAD}\n김순자,1948-05-06,{SYSTEM},1".encode("utf-8-sig"), "UTF-8", False),
        (f"{HEAD}\n김순자,1948-05-06,{SYSTEM},1".encode("utf-16"), "UTF-16", False),
        (f"{HEAD}\n김순자,1948-05-06,{SYSTEM},1".encode("cp949"), "CP949", True),
        (f"{HEAD}\nJosé Núñez,1948-05-06,{SYSTEM},1".encode("latin-1"), "Latin-1", True),
    ],
    ids=["utf-8", "utf-8 with a mark", "utf-16", "cp949", "latin-1"],
)
def test_an_encoding_is_found_and_a_guess_is_called_one(
    raw: bytes, encoding: str, *, guessed: bool
) -> None:
    found = sheet_of(raw)

    assert (found.encoding, found.guessed) == (encoding, guessed)
    assert found.rows[0][1]["name"] in ("김순자", "José Núñez")


@pytest.mark.parametrize("separator", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
def test_the_separator_is_that_of_the_headings(separator: str) -> None:
    raw = text(INES).decode().replace(",", separator).encode()

    assert checked(sheet_of(raw), KNOWN, team="Riverside")[0].faults == ()


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"PK\x03\x04rest", "workbook"),
        (b" ", "not empty"),
        (b"name,birth_date\nx,1950-01-01", "identifier_system, identifier"),
        (text(), "no person below it"),
        (text(INES, head=f"{HEAD},name"), "stands twice: name"),
        (text('"Ines,1948-05-06,x,1'), "line 2"),
        (b"a\0b", "no text"),
        (b"x" * (sheet.MOST_BYTES + 1), "larger than 1024 KiB"),
        (text(*[INES] * (sheet.MOST_ROWS + 1)), "more than 500 people"),
    ],
    ids=lambda said: said if isinstance(said, str) else "",
)
def test_a_file_that_cannot_be_read_says_why(raw: bytes, reason: str) -> None:
    with pytest.raises(InvalidError, match=reason) as refused:
        sheet_of(raw)

    assert refused.value.field == "file"


def test_a_column_of_another_name_is_named_as_left_out_and_empty_rows_are_passed_over() -> None:
    found = sheet_of(text(f"{INES},x", "", ",,,", head=f"{HEAD},shoe size"))

    assert found.ignored == ("shoe_size",)
    assert [number for number, _ in found.rows] == [2]


def test_a_cell_too_many_is_a_fault_of_its_row() -> None:
    assert faults(f"{INES},Vale") == [(2, "", "the row has more cells than there are headings")]
