"""Whether a resource is of a category that a scope is restricted to (pure, SEC-03)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


def within(resource: Mapping[str, Any], tokens: frozenset[str] | None) -> bool:
    """Return whether one of the tokens, `code` or `system|code`, is a category of the resource."""
    if tokens is None:
        return True
    held = set(_codings(resource.get("category", ())))
    return any(_fits(token, held) for token in tokens)


def _codings(categories: Iterable[Any]) -> Iterator[tuple[str, str]]:
    for each in categories:
        for coding in each.get("coding", ()):
            yield coding.get("system", ""), coding.get("code", "")


def _fits(token: str, held: set[tuple[str, str]]) -> bool:
    system, bar, code = token.rpartition("|")
    if bar:
        return (system, code) in held
    return any(token == code for _, code in held)
