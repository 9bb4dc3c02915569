"""A rule in words that a clinician can read and sign: every field that says anything."""

from __future__ import annotations

from dataclasses import MISSING, Field, fields, is_dataclass
from typing import TYPE_CHECKING, Any

from core.vitals import Severity
from monitoring.kinds import KINDS

if TYPE_CHECKING:
    from monitoring.rule_kinds import Rule, Scope

_NAMES = {kind.rule: name for name, kind in KINDS.items()}
_GRAVEST_FIRST = sorted(Severity, key=lambda tier: -tier.rank)


def kind_name(rule: Rule) -> str:
    """Return the name of a rule's kind, as the rulebook writes it."""
    return _NAMES[type(rule)]


def tiers(value: Any) -> tuple[Severity, ...]:
    """Return every tier that a rule may say, the gravest first."""
    found = _tiers(value)
    limited = found & value.tiers if getattr(value, "tiers", None) else found
    return tuple(tier for tier in _GRAVEST_FIRST if tier in limited)


def _tiers(value: Any) -> frozenset[Severity]:
    if isinstance(value, Severity):
        return frozenset({value})
    parts: tuple[Any, ...] = ()
    if is_dataclass(value) and not isinstance(value, type):
        parts = tuple(getattr(value, each.name) for each in fields(value) if each.name != "tiers")
    elif isinstance(value, tuple | frozenset):
        parts = tuple(value)
    return frozenset().union(*map(_tiers, parts))


def scope_words(scope: Scope) -> str:
    """Return for whom a rule is, in a few words."""
    return _plain(scope) or "anybody"


def lines(rule: Rule) -> list[tuple[str, str]]:
    """Return (field, words) of everything that a rule says, defaults left out."""
    said = [("kind", kind_name(rule)), *_said(rule)]
    return [(name.replace("_", " "), words) for name, words in said if words]


def _said(value: Any) -> list[tuple[str, str]]:
    return [
        (each.name, _plain(getattr(value, each.name)))
        for each in fields(value)
        if getattr(value, each.name) != _default(each)
    ]


def _default(each: Field[Any]) -> Any:
    if each.default is not MISSING:
        return each.default
    return each.default_factory() if each.default_factory is not MISSING else MISSING


def _plain(value: Any) -> str:
    if is_dataclass(value) and not isinstance(value, type):
        return ", ".join(f"{name.replace('_', ' ')} {words}" for name, words in _said(value))
    if isinstance(value, frozenset):
        return " or ".join(sorted(map(_plain, value)))
    if isinstance(value, tuple):
        return "; ".join(map(_plain, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
