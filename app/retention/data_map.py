"""Which data are kept where, whose, what for, how long and for whose eyes: a page of the docs."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from app.retention.terms import stated
from app.schema import METADATA
from core.database import Base
from core.errors import InvalidError
from core.sealed_fields import sealed_columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from app.retention.terms import Term

_HEAD = """\
# Data map

Written by `wardlight datamap` from the tables, `app/retention/data_map.toml` and `app/retention/retention.toml`; a test fails where it is out of date. Sealed columns are encrypted field by field (SEC-27). A legal hold keeps what is a patient's. The text of a row is what its class says of itself.
"""  # noqa: E501 (a line of Markdown is a paragraph)


@dataclass(frozen=True, slots=True)
class Group:
    """Tables that serve one purpose, for the same eyes, and end alike."""

    whose: str
    purpose: str
    readers: str
    erased: str
    kind: str
    tables: tuple[str, ...]
    also: tuple[str, ...] = ()  # kinds by whose terms some of its rows go sooner


def groups() -> list[Group]:
    """Return what is said of the tables; raise `InvalidError` where one is missing or unknown."""
    source = tomllib.loads(files("app.retention").joinpath("data_map.toml").read_text("utf-8"))
    found = [Group(**{**each, **_tuples(each)}) for each in source["group"]]
    named = [table for group in found for table in group.tables]
    kinds = {kind for group in found for kind in (group.kind, *group.also)}
    for what, wrong in (
        ("is missing", set(METADATA.tables) - set(named)),
        ("is no table", set(named) - set(METADATA.tables)),
        ("stands there twice", {each for each in named if named.count(each) > 1}),
        (
            "is no kind of retention.toml",
            kinds - set(stated().kinds),
        ),
    ):
        if wrong:
            raise InvalidError(f"data map: {', '.join(sorted(wrong))} {what}", field="tables")
    return found


def _tuples(source: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(source.get(name, ())) for name in ("tables", "also")}


def page() -> str:
    """Return the page in Markdown."""
    return "\n".join([_HEAD, *(line for each in groups() for line in _section(each))])


def _section(group: Group) -> Iterator[str]:
    term = stated().kinds[group.kind]
    yield f"## {group.purpose[0].upper()}{group.purpose[1:]}"
    yield ""
    yield f"- Whose: {group.whose}"
    yield f"- Read by: {group.readers}"
    yield f"- Kept: {_kept(term)} (`{term.name}`: {term.reason})"
    for sooner in (stated().kinds[name] for name in group.also):
        yield f"- But: {sooner.what} ({_kept(sooner)}, `{sooner.name}`)"
    yield f"- Ends: {group.erased}"
    yield ""
    yield "| Table | What | Columns | Sealed |"
    yield "|---|---|---|---|"
    said, sealed = _said(), _sealed()
    for name in group.tables:
        columns = ", ".join(column.name for column in METADATA.tables[name].columns)
        yield f"| `{name}` | {said[name]} | {columns} | {sealed.get(name, 'none')} |"
    yield ""


def _kept(term: Term) -> str:
    if term.days is None:
        return f"until {term.until}"
    return f"{term.days} days" if term.days else "until it expires"


def _said() -> dict[str, str]:
    return {
        str(each.class_.__tablename__): (each.class_.__doc__ or "").strip().splitlines()[0]
        for each in Base.registry.mappers
    }


def _sealed() -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for each in sealed_columns(METADATA):
        found.setdefault(each.column.table.name, []).append(each.column.name)
    return {table: ", ".join(columns) for table, columns in found.items()}
