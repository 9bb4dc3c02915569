"""Take a person out of a report: they stay counted, and nothing tells who it was; pure.

Who may not be shown to a reader stands in no list that they read. Who is erased is replaced where
the report is stored, by an id that is nobody's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from app.weekly.codec import CLASS, MAP, UUID_

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterable, Mapping

NOBODY = UUID(int=0)
_MOST = 1 << 32  # ids below this are nobody's: no patient was ever given one


def is_somebody(id_: UUID) -> bool:
    """Return whether an id is a person's, and not one that stands for who was taken out."""
    return id_.int >= _MOST


def stand_ins(hidden: Iterable[UUID], taken: Iterable[UUID]) -> dict[UUID, UUID]:
    """Return for each of some people an id that is nobody's and that the report does not have."""
    used = [each.int for each in taken if not is_somebody(each)]
    after = max(used, default=0) + 1
    return {who: UUID(int=after + n) for n, who in enumerate(sorted(hidden))}


def without(encoded: Any, instead: Mapping[UUID, UUID]) -> Any:
    """Return an encoded report with other ids in place of some people's.

    What stands about such a person in one value (the id of an alert) goes with them.
    """
    return _walked(encoded, {str(old): str(new) for old, new in instead.items()})


def lists_without(encoded: Any, hidden: Iterable[UUID]) -> Any:
    """Return an encoded report in whose lists some people do not stand; its totals stay."""
    return _left(encoded, {str(each) for each in hidden})


def _left(value: Any, hidden: Collection[str]) -> Any:
    if isinstance(value, list):
        return [_left(each, hidden) for each in value if not _about(each, hidden)]
    if not isinstance(value, dict):
        return value
    if UUID_ in value:
        return {UUID_: str(NOBODY) if value[UUID_] in hidden else value[UUID_]}
    if MAP in value:
        pairs = ((key, held) for key, held in value[MAP] if _id_of(key) not in hidden)
        return {MAP: [[key, _left(held, hidden)] for key, held in pairs]}
    return {name: _left(held, hidden) for name, held in value.items()}


def _about(value: Any, people: Container[str]) -> bool:
    """Return whether a value is about one of some people: it has their id, or is it."""
    if not isinstance(value, dict):
        return False
    if CLASS in value:
        return any(_id_of(held) in people for held in value.values())
    return _id_of(value) in people


def _walked(value: Any, instead: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_walked(each, instead) for each in value]
    if not isinstance(value, dict):
        return value
    if UUID_ in value:
        return {UUID_: instead.get(value[UUID_], value[UUID_])}
    if MAP in value:
        return {MAP: [_pair(key, held, instead) for key, held in value[MAP]]}
    if _about(value, instead):
        return {name: _cleared(held, instead) for name, held in value.items()}
    return {name: _walked(held, instead) for name, held in value.items()}


def _pair(key: Any, held: Any, instead: Mapping[str, str]) -> list[Any]:
    if _id_of(key) in instead:
        return [_walked(key, instead), _cleared(held, instead)]
    return [_walked(key, instead), _walked(held, instead)]


def _cleared(value: Any, instead: Mapping[str, str]) -> Any:
    """Return what is said of a person who is taken out: without any id that leads to them."""
    if isinstance(value, list):
        return [_cleared(each, instead) for each in value]
    if not isinstance(value, dict):
        return value
    if UUID_ in value:
        return {UUID_: instead.get(value[UUID_], str(NOBODY))}
    return {name: _cleared(held, instead) for name, held in value.items()}


def _id_of(value: Any) -> str | None:
    return value.get(UUID_) if isinstance(value, dict) else None
