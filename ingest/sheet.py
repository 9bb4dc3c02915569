"""A file of people to enrol, out of the bytes of a spreadsheet program: pure.

Which encoding and which separator it has is found out and said, since a wrong guess spoils names.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.errors import InvalidError, Sentence
from ingest.joining import FIELDS, Fault, Joining, Known, read

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from uuid import UUID

MOST_BYTES = 1024 * 1024
MOST_ROWS = 500  # about six seconds of one transaction
NEEDED = ("name", "birth_date", "identifier_system", "identifier")
SEPARATORS = (",", ";", "\t")
FILE = "file"  # the field of the form
FORMULA = ("=", "@", "+", "-", "\t", "\r")  # what a spreadsheet program would work out (SEC-39)
DIALLED = ("phone", "contact_phone")  # which may begin with a plus
_MARKS = {
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+\Z")
_WORKBOOK = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # xlsx, xls


@dataclass(frozen=True, slots=True)
class Sheet:
    """The cells of a file by row, and how they were read; the header is row 1."""

    rows: tuple[tuple[int, dict[str, str]], ...]
    encoding: str
    guessed: bool  # the file does not say its encoding, and is not UTF-8
    separator: str
    ignored: tuple[str, ...] = ()  # columns that nothing here is called


@dataclass(frozen=True, slots=True)
class Row:
    """One row: whom it enrols, or what is wrong with it."""

    number: int
    typed: dict[str, str]
    joining: Joining | None
    faults: tuple[Fault, ...] = ()
    same_as: int = 0  # the row before with one of its numbers
    enrolled: tuple[UUID, ...] = field(default=())  # who goes by one of its numbers already


def sheet_of(raw: bytes) -> Sheet:
    """Read a file into its cells.

    Raises
    ------
    InvalidError
        Where it is too large, no CSV, or without the columns that are needed; `field` is "file".
    """
    if not raw.strip():
        raise InvalidError("choose a file that is not empty", field=FILE)
    if len(raw) > MOST_BYTES:
        facts = {"most": MOST_BYTES // 1024}
        raise InvalidError("the file is larger than {most} KiB: cut it up", field=FILE, facts=facts)
    if raw.startswith(_WORKBOOK):
        raise InvalidError("this is a workbook: save it as CSV UTF-8", field=FILE)
    text, encoding, guessed = _decoded(raw)
    if "\0" in text:
        raise InvalidError("this is no text: save the sheet as CSV UTF-8", field=FILE)
    separator = _separator(text)
    lines = _lines(text, separator)
    header = [each.strip().strip("\ufeff").lower().replace(" ", "_") for each in next(lines, [])]
    _check_header(header)
    rows = tuple(_rows(header, lines))
    if not rows:
        raise InvalidError("the file has a row of headings and no person below it", field=FILE)
    if len(rows) > MOST_ROWS:
        facts = {"most": MOST_ROWS}
        raise InvalidError(
            "the file has more than {most} people: cut it up", field=FILE, facts=facts
        )
    ignored = tuple(each for each in header if each and each not in FIELDS)
    return Sheet(rows, encoding, guessed, separator, ignored)


def _decoded(raw: bytes) -> tuple[str, str, bool]:
    """Return the text, its encoding as people call it, and whether that was guessed."""
    for mark, name in _MARKS.items():
        if raw.startswith(mark):
            try:
                return raw.decode(name), "UTF-8" if name == "utf-8-sig" else "UTF-16", False
            except UnicodeDecodeError:
                said = InvalidError("the file says that it is Unicode and is not", field=FILE)
                raise said from None
    try:
        return raw.decode("utf-8"), "UTF-8", False
    except UnicodeDecodeError:
        pass
    try:
        text = raw.decode("cp949")
    except UnicodeDecodeError:
        return raw.decode("latin-1"), "Latin-1", True
    if any("\uac00" <= letter <= "\ud7a3" for letter in text) and _hangul_stands_together(raw):
        return text, "CP949", True
    return raw.decode("latin-1"), "Latin-1", True


def _hangul_stands_together(raw: bytes) -> bool:
    """Return whether letters above ASCII come in pairs, as a name in Hangul has them.

    In Latin-1 an accented letter mostly stands alone between plain ones, and the pair of it with
    the next letter may happen to be a syllable of CP949.
    """
    runs, run = [], 0
    for each in [*raw, 0]:
        if each > 127:  # noqa: PLR2004 (above ASCII)
            run += 1
        elif run:
            runs.append(run)
            run = 0
    even = sum(length % 2 == 0 for length in runs)
    return even * 2 > len(runs)


def _separator(text: str) -> str:
    head = text.splitlines()[0] if text.strip() else ""
    return max(SEPARATORS, key=head.count)


def _lines(text: str, separator: str) -> Iterator[list[str]]:
    reader = csv.reader(_LINE.findall(text), delimiter=separator, strict=True)
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise InvalidError(
                "line {line} cannot be read as CSV: a quotation mark is open, or stands alone",
                field=FILE,
                facts={"line": reader.line_num},
            ) from None


def _check_header(header: Sequence[str]) -> None:
    missing = [each for each in NEEDED if each not in header]
    if missing:
        facts = {"needed": ", ".join(NEEDED), "missing": ", ".join(missing)}
        raise InvalidError(
            "the first row needs the headings {needed}; missing: {missing}", field=FILE, facts=facts
        )
    twice = sorted({each for each in header if each and header.count(each) > 1})
    if twice:
        raise InvalidError(
            "a heading stands twice: {names}", field=FILE, facts={"names": ", ".join(twice)}
        )


def _rows(
    header: Sequence[str], lines: Iterator[list[str]]
) -> Iterator[tuple[int, dict[str, str]]]:
    for number, cells in enumerate(lines, 2):
        if not any(cell.strip() for cell in cells):
            continue
        typed = {name: cell for name, cell in zip(header, cells, strict=False) if name in FIELDS}
        surplus = [cell for cell in cells[len(header) :] if cell.strip()]
        yield number, typed | ({"": surplus[0]} if surplus else {})


def checked(sheet: Sheet, known: Known, *, team: str = "") -> list[Row]:
    """Return each row with whom it enrols or all that is wrong with it.

    `team` is that of rows that name none.
    """
    rows, seen = [], dict[tuple[str, str], int]()
    for number, typed in sheet.rows:
        filled = typed if typed.get("team", "").strip() else typed | {"team": team}
        faults = [*_formulas(typed), *_surplus(typed)]
        found = read(filled, known)
        if not isinstance(found, Joining):
            rows.append(Row(number, filled, None, (*faults, *found)))
            continue
        same = min((seen[each] for each in found.numbers if each in seen), default=0)
        for each in found.numbers:
            seen.setdefault(each, number)
        if same:
            faults.append(_same(same))
        rows.append(Row(number, filled, None if faults else found, tuple(faults), same))
    return rows


def _formulas(typed: Mapping[str, str]) -> Iterator[Fault]:
    for name, cell in typed.items():
        begins = cell[:1] if cell[:1] in ("\t", "\r") else cell.lstrip(" ")[:1]
        if begins not in FORMULA or not begins or (name in DIALLED and begins == "+"):
            continue
        yield Fault(
            name,
            Sentence("the cell begins like a formula, which a spreadsheet program would work out"),
            Sentence("the same without the mark that it begins with"),
        )


def _surplus(typed: Mapping[str, str]) -> Iterator[Fault]:
    if "" in typed:
        yield Fault(
            "",
            Sentence("the row has more cells than there are headings"),
            Sentence("a cell that holds the separator, in quotation marks"),
        )


def _same(before: int) -> Fault:
    return Fault(
        "identifier",
        Sentence("row {row} has the same number of the same system", {"row": before}),
        Sentence("one row for each person"),
    )
