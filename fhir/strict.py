"""Strict JSON and strict R4: what a lenient parser would let through is refused here.

`decode` is the one JSON door (SEC-32, SEC-33); `check` adds what fhir.resources lacks
(`fhir.md` section 7) and keeps its exceptions in.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any, Never

from fhir.invariants import broken
from fhir.outcome import STRUCTURE, Issue, Refusal, refusal, shown
from fhir.shape import known, misshapen

if TYPE_CHECKING:
    from collections.abc import Iterator

_BOM = b"\xef\xbb\xbf"
# One that never ends goes to the end, and none is looked at twice (possessive): begun again at each
# quote within it, a megabyte would hold the process for an hour (SEC-32).
_STRING = re.compile(rb'"(?:[^"\\]+|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_NOT_BRACKET = bytes(set(range(256)) - set(b"[]{}"))
_SUSPECT = re.compile(r"\\u(?:[dD][89a-fA-F]|00[01])")
_UNFIT = re.compile("[\ud800-\udfff\x00-\x08\x0b\x0c\x0e-\x1f]")
LONGEST_NUMBER = 64
SMALLEST, LARGEST = Decimal("1e-64"), Decimal("1e64")
SHOWN = 20  # paths of nulls and empties in one answer


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of SEC-32: bytes, levels of nesting, bytes of one string, and how much of it.

    Two bytes can become a hundred once they are parsed, so brackets and commas count too.
    """

    size: int = 1 << 20
    depth: int = 64
    string: int = 64 << 10
    brackets: int = 100_000
    commas: int = 200_000


SINGLE = Limits()
BUNDLE = Limits(size=16 << 20, brackets=300_000)


class _StrictError(ValueError):
    """A rule of strict JSON is broken; its text carries no value of the document."""


def decode(raw: bytes, limits: Limits = SINGLE) -> dict[str, Any] | Refusal:
    """Return the JSON object (numbers as int or Decimal), or why it is refused.

    413 where the body is too large, else 400: not JSON, ambiguous, or out of bounds.
    """
    if refused := bounds(raw, limits):
        return refused
    try:
        document = _document(raw, limits)
    except _StrictError as error:
        return _not_json(str(error))
    if not isinstance(document, dict):
        return _not_json("the body must be one JSON object")
    return document


def _document(raw: bytes, limits: Limits) -> Any:
    try:
        text = raw.decode("utf-8")
        document = _DECODER.decode(text.strip(" \t\r\n"))
    except UnicodeDecodeError as error:
        raise _StrictError("the body is not UTF-8") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise _StrictError(f"not JSON at {where}: {error.msg}") from error
    except RecursionError as error:
        raise _StrictError("nested too deep") from error
    _check_strings(document, limits.string, suspect=_has_suspect(text))
    return document


def bounds(raw: bytes, limits: Limits = SINGLE) -> Refusal | None:
    """Return a refusal where the bytes are too many, too deep, or begin with a BOM."""
    if refused := framed(raw, limits):
        return refused
    if raw.count(b",") > limits.commas:
        return refusal(413, "too-costly", f"at most {limits.commas} commas are accepted")
    if deepest(raw) > limits.depth:
        return _not_json(f"nested deeper than {limits.depth} levels")
    return None


def framed(raw: bytes, limits: Limits = SINGLE) -> Refusal | None:
    """Return a refusal where the bytes are too many or begin with a BOM: what costs nothing."""
    if len(raw) > limits.size:
        return refusal(413, "too-long", f"at most {limits.size} bytes are accepted")
    if raw.startswith(_BOM):
        return _not_json("the body begins with a byte-order mark; send plain UTF-8")
    if len(raw) > limits.brackets and raw.count(b"{") + raw.count(b"[") > limits.brackets:
        text = f"at most {limits.brackets} objects and arrays are accepted"
        return refusal(413, "too-costly", text)
    return None


def deepest(raw: bytes) -> int:
    """Return the greatest nesting of the document, without parsing it."""
    if raw.count(b"{") + raw.count(b"[") <= SINGLE.depth:
        return 0  # cannot be deeper than its brackets are many
    depth = most = 0
    for bracket in _STRING.sub(b"", raw).translate(None, _NOT_BRACKET):
        depth += 1 if bracket in b"[{" else -1
        most = max(most, depth)
    return most


def _not_json(text: str) -> Refusal:
    return refusal(STRUCTURE, "structure", text)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _StrictError("an object has the same member twice")
    return members


def _constant(_: str) -> Never:
    raise _StrictError("NaN and Infinity are not JSON numbers")


def _bounded(text: str) -> Decimal:
    if len(text) > LONGEST_NUMBER:
        raise _StrictError(f"a number has more than {LONGEST_NUMBER} characters")
    try:
        value = Decimal(text)
        bounded = not value or SMALLEST < value.copy_abs() < LARGEST
    except ArithmeticError:  # an exponent that Decimal itself cannot hold
        bounded = False
    if not bounded:
        raise _StrictError("a number is out of bounds")
    return value


def _whole(text: str) -> int:
    return int(_bounded(text))


_DECODER = json.JSONDecoder(
    object_pairs_hook=_members, parse_float=_bounded, parse_int=_whole, parse_constant=_constant
)


def _has_suspect(text: str) -> bool:
    return "\\" in text and bool(_SUSPECT.search(text) or "\\b" in text or "\\f" in text)


def _check_strings(document: Any, longest: int, *, suspect: bool) -> None:
    for text in _strings(document):
        if len(text) > longest // 4 and len(text.encode("utf-8", "replace")) > longest:
            raise _StrictError(f"a string is longer than {longest} bytes")
        if suspect and _UNFIT.search(text):
            raise _StrictError("a string holds a control character or half a surrogate pair")


def _strings(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        yield from node
        for value in node.values():
            yield from _strings(value)
    elif isinstance(node, list):
        for value in node:
            yield from _strings(value)


def check(resource: dict[str, Any]) -> tuple[Issue, ...] | Refusal:
    """Check any R4 resource: structure (400), then the invariants we enforce (422).

    A Bundle's own entries are checked with it. Returns the warnings, none so far.
    """
    kind = resource.get("resourceType")
    if not isinstance(kind, str):
        return refusal(STRUCTURE, "structure", "resourceType is missing", "resourceType")
    if not known(kind):
        return refusal(STRUCTURE, "structure", "not an R4 resource type", "resourceType")
    hollow = tuple(islice(_hollow(resource, kind), SHOWN))
    if hollow:
        return Refusal(STRUCTURE, hollow)
    if issues := misshapen(resource, kind):
        return Refusal(issues[0][0], tuple(issue for _, issue in issues[:SHOWN]))
    return broken(resource, kind) or ()


def _hollow(node: Any, path: str) -> Iterator[Issue]:
    """Yield the nulls, empty strings, empty arrays and empty objects (ele-1)."""
    if isinstance(node, dict):
        for key, value in node.items():
            where = f"{path}.{key}"
            if value is None:
                yield _empty("null", where)
            elif isinstance(value, list):
                yield from _hollow_items(value, where, node.get(_twin(key)))
            else:
                yield from _hollow(value, where)
        if not node:
            yield _empty("an empty object", path)
    elif node == "":
        yield _empty("an empty string", path)


def _hollow_items(items: list[Any], path: str, twin: Any) -> Iterator[Issue]:
    if not items:
        yield _empty("an empty array", path)
    twins = twin if isinstance(twin, list) else []
    for index, item in enumerate(items):
        if item is None:
            if index >= len(twins) or twins[index] is None:
                yield _empty("null", f"{path}[{index}]")
        elif isinstance(item, list):
            yield Issue("error", "structure", "an array in an array", shown(f"{path}[{index}]"))
        else:
            yield from _hollow(item, f"{path}[{index}]")


def _twin(key: str) -> str:
    return key[1:] if key.startswith("_") else f"_{key}"


def _empty(what: str, path: str) -> Issue:
    return Issue(
        "error", "structure", f"{what} is not FHIR JSON: leave the element out", shown(path)
    )
