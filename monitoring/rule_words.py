"""A rule in words that a clinician can read and sign: every field that says anything."""

from __future__ import annotations

from dataclasses import MISSING, Field, fields, is_dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from core.vitals import MEASURES, Severity, Vital
from monitoring.catalogue import ENGLISH
from monitoring.kinds import KINDS, kind_of
from monitoring.level_phrases import BEYOND, level_phrases, sized
from monitoring.phrases import Phrase, within
from monitoring.rule_kinds import LimitRule
from monitoring.words import phrase

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitoring.rule_kinds import Level, Rule, Scope

Say: TypeAlias = "Callable[[str], str]"
FACT = frozenset(
    {"vital", "comparison", "limit", "words", "change", "ratio", "spreads", "short_of"}
)
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


def _fact(value: Any, say: Say) -> str:
    """Return a vital beyond a limit, with whatever else the table says of it."""
    rest = [f"{_name(n, say)} {words}" for n, words in _said(value, say) if n not in FACT]
    own = getattr(value, "words", "")
    return ", ".join([say(own) if own else _beyond(value, say), *rest])


def _beyond(fact: Any, say: Say) -> str:
    """Return a vital beyond a limit; of a yes or no, only what it is."""
    measure = MEASURES[fact.vital]
    if (measure.low, measure.high) == (0, 1):
        return say(within(fact.vital))
    sized = say("{value} {unit}" if measure.unit_display else "{value}")
    limit = sized.format(value=f"{fact.limit:g}", unit=say(measure.unit_display))
    return say(BEYOND[fact.comparison]).format(measure=say(measure.display), limit=limit)


def _tiers(value: Any) -> frozenset[Severity]:
    if isinstance(value, Severity):
        return frozenset({value})
    parts: tuple[Any, ...] = ()
    if is_dataclass(value) and not isinstance(value, type):
        idle = {"tiers"} | _idle(value)
        parts = tuple(getattr(value, each.name) for each in fields(value) if each.name not in idle)
    elif isinstance(value, tuple | frozenset):
        parts = tuple(value)
    return frozenset().union(*map(_tiers, parts))


def _idle(value: Any) -> set[str]:
    """Return which fields decide nothing: a graver tier where nothing makes it graver."""
    return set() if getattr(value, "graver", True) else {"graver_severity"}


def scope_words(scope: Scope, say: Say = str) -> str:
    """Return for whom a rule is, in a few words; `say` is what each is called to readers."""
    return _plain(scope, say) or say("anybody")


def lines(rule: Rule) -> list[tuple[str, str]]:
    """Return (field, words) of everything that a rule says, defaults left out."""
    said = [("kind", kind_name(rule)), *_said(rule)]
    return [(name.replace("_", " "), words) for name, words in said if words]


def _name(field: str, say: Say) -> str:
    return say(field.replace("_", " "))


def _said(value: Any, say: Say = str) -> list[tuple[str, str]]:
    return [
        (each.name, _plain(getattr(value, each.name), say))
        for each in fields(value)
        if each.repr and getattr(value, each.name) != _default(each)
    ]


def _default(each: Field[Any]) -> Any:
    if each.default is not MISSING:
        return each.default
    return each.default_factory() if each.default_factory is not MISSING else MISSING


def _plain(value: Any, say: Say = str) -> str:
    if is_dataclass(value) and not isinstance(value, type):
        limited = hasattr(value, "vital") and getattr(value, "limit", None) is not None
        if limited or hasattr(value, "words"):
            return _fact(value, say)
        return ", ".join(f"{_name(name, say)} {words}" for name, words in _said(value, say))
    if isinstance(value, frozenset):
        return f" {say('or')} ".join(sorted(_plain(each, say) for each in value))
    if isinstance(value, tuple):
        return "; ".join(_plain(each, say) for each in value)
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, bool):
        value = "yes" if value else "no"
    return str(value) if isinstance(value, int) else say(str(value))


# What is not about when a rule fires, or is shown by itself.
APART = frozenset(
    {"kind", "id", "problem", "source", "confidence", "clinician", "patient", "scope", "note"}
    | {"tiers", "shadow", "severity", "levels"}
)
SURE = {
    "V": "verified",
    "R-h": "recalled with high confidence",
    "R-m": "recalled with medium confidence",
    "R-l": "recalled with low confidence",
    "D": "derived",
    "E": "engineering default",
    "T": "computed from TIHM",
}


def vitals_of(rule: Rule) -> frozenset[Vital]:
    """Return every vital that a rule speaks of; none where it speaks of any."""
    own = getattr(rule, "vital", None)
    asked = kind_of(rule).vitals(rule) | frozenset({own} if own is not None else ())
    return frozenset() if asked == frozenset(Vital) else asked


def confidence_words(rule: Rule, language: str = ENGLISH) -> str:
    """Return how sure the source of a rule is, in words."""
    return sure_words(rule.confidence, language)


def sure_words(confidence: str, language: str = ENGLISH) -> str:
    """Return in words what tags such as `V/E` say of a source."""
    tags = [phrase(Phrase(SURE[tag]), language) for tag in confidence.split("/")]
    return " · ".join(tags) if language != ENGLISH else " and ".join(tags)


def conduct(rule: Rule, language: str = ENGLISH, say: Say = str) -> list[tuple[str, str]]:
    """Return (what, words) of when a rule fires: its limits, windows and how often it must hold.

    `say` is what fields, and words out of closed sets, are called to readers.
    """
    if isinstance(rule, LimitRule):
        said = [
            (say(level.severity.value), level_words(rule, level, language)) for level in rule.levels
        ]
        margin = phrase(sized(rule.vital, rule.clears_by), language)
        back = say("{amount} back inside the limit").replace("{amount}", margin)
        return [*said, (say("clears"), back)] if rule.clears_by else said
    values = [(each.name, getattr(rule, each.name)) for each in fields(rule) if each.repr]
    apart = APART | _idle(rule)
    said = [(name, value) for name, value in values if name not in apart and _says(value)]
    return [(_name(name, say), _plain(value, say)) for name, value in said]


def _says(value: Any) -> bool:
    """Return whether a field says anything; what is in force by default does too."""
    return value is not None and value not in ("", (), frozenset(), 0, False)


def level_words(rule: LimitRule, level: Level, language: str = ENGLISH) -> str:
    """Return when one level of a limit rule holds, and how it is confirmed (AL-20)."""
    return "; ".join(phrase(each, language) for each in level_phrases(rule, level))
