"""Which of several limits is in force for each level, and what gave way to it, and why.

Who goes first, the least binding last: a site's locked limit, the clinician's for this patient,
the site's for a condition, the site's for anybody, the templates'. Of equals the tighter counts,
of one clinician's two the later. Whoever goes first decides that end of the range: a level that
they left open is taken from the next only where it lies beyond their own, so that nobody who adds
a warning loses the alert beyond it, and nothing fires inside a limit that a clinician set.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from core.vitals import Severity, Vital
from monitoring.plans.limits import Origin, PlanLimit, Side
from monitoring.rule_kinds import Scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

LEVELS = (Severity.AMBER, Severity.YELLOW)
ANYBODY = Scope()


@dataclass(frozen=True, slots=True)
class Decided:
    """One level that is in force for a vital, whose it is, and what it stands before."""

    vital: Vital
    side: Side
    severity: Severity
    value: float
    limit: PlanLimit
    instead_of: tuple[PlanLimit, ...] = ()


@dataclass(frozen=True, slots=True)
class GaveWay:
    """One level that is not in force, the limit that stands before it, and the rule of that."""

    limit: PlanLimit
    side: Side
    severity: Severity
    value: float
    to: PlanLimit
    why: str


def decide(limits: Iterable[PlanLimit]) -> tuple[Decided, ...]:
    """Return which limit is in force for each vital, end and level; the order given is nothing."""
    asked: dict[tuple[Vital, Side, bool], list[PlanLimit]] = defaultdict(list)
    for limit in limits:
        for side in limit.sides:
            asked[limit.vital, side, limit.from_usual].append(limit)
    return tuple(
        decided for (_, side, _), known in sorted(asked.items()) for decided in _end(side, known)
    )


def _end(side: Side, known: Sequence[PlanLimit]) -> Iterator[Decided]:
    """Yield the levels in force at one end of a range, the alert first."""
    ranked = sorted(known, key=_standing, reverse=True)
    first, *others = [list(group) for _, group in groupby(ranked, key=_standing)]
    alert = _tightest(first, Severity.AMBER, side)
    warn = _tightest(first, Severity.YELLOW, side)
    if alert is None and warn is not None:
        further = (_tightest(g, Severity.AMBER, side, past=warn[0]) for g in others)
        alert = next((each for each in further if each is not None), None)
    elif alert is not None and warn is not None and not beyond(alert[0], warn[0], side):
        warn = None
    for severity, chosen in ((Severity.AMBER, alert), (Severity.YELLOW, warn)):
        if chosen is not None:
            value, limit = chosen
            rest = [k for k in known if k is not limit and k.level(severity, side) is not None]
            instead = tuple(sorted(rest, key=repr))
            yield Decided(limit.vital, side, severity, value, limit, instead)


def _tightest(
    limits: Iterable[PlanLimit], severity: Severity, side: Side, *, past: float | None = None
) -> tuple[float, PlanLimit] | None:
    """Return the higher of low levels, the lower of high ones; only those beyond a value."""
    valued = [
        (value, limit)
        for limit in limits
        if (value := limit.level(severity, side)) is not None
        and (past is None or beyond(value, past, side))
    ]
    tighter = max if side is Side.LOW else min
    return tighter(valued, key=lambda pair: (pair[0], repr(pair[1])), default=None)


def beyond(value: float, other: float, side: Side) -> bool:
    """Return whether a level lies further out than another at one end of the range."""
    return value < other if side is Side.LOW else value > other


def _standing(limit: PlanLimit) -> tuple[bool, int, bool, str]:
    """Return how binding a limit is; of two of one clinician's, the later counts."""
    ours = limit.origin is Origin.SITE
    set_on = limit.set_on.isoformat() if limit.set_on else ""
    return (
        limit.locked and ours,
        list(Origin).index(limit.origin),
        ours and limit.scope != ANYBODY,
        set_on if limit.origin is Origin.CLINICIAN else "",
    )


def gave_way(limits: Sequence[PlanLimit], decided: Sequence[Decided]) -> tuple[GaveWay, ...]:
    """Return every level of the limits that is not in force, and to which it gave way."""
    return tuple(
        GaveWay(limit, side, severity, value, to, _why(limit, to))
        for limit in limits
        for side in sorted(limit.sides)
        for severity in LEVELS
        if (value := limit.level(severity, side)) is not None
        and (to := _winner(limit, side, severity, decided)) is not None
    )


def _winner(
    limit: PlanLimit, side: Side, severity: Severity, decided: Iterable[Decided]
) -> PlanLimit | None:
    """Return the limit in force in the place of a level; None where the level is in force."""
    here = [
        d
        for d in decided
        if (d.vital, d.side, d.limit.from_usual) == (limit.vital, side, limit.from_usual)
    ]
    same = next((d.limit for d in here if d.severity is severity), None)
    if same is limit:
        return None
    if same is not None and _standing(same) >= _standing(limit):
        return same
    return max((d.limit for d in here), key=_standing, default=None)


def _why(limit: PlanLimit, to: PlanLimit) -> str:
    one, other = _standing(limit), _standing(to)
    if one == other:
        return TIGHTER
    if one[0] != other[0]:
        return LOCKED
    if one[1] != other[1]:
        return _FIRST[to.origin]
    return FOR_A_CONDITION if one[2] != other[2] else LATER


TIGHTER = "the tighter of two counts"
LATER = "the later of two counts"
LOCKED = "the site has locked its limit"
FOR_A_CONDITION = "the site's limit for a condition goes before its limit for anybody"
_FIRST = {
    Origin.CLINICIAN: "a clinician's limit for this patient goes first",
    Origin.SITE: "the site's limit goes before a template's",
}
WHYS = (TIGHTER, LATER, LOCKED, FOR_A_CONDITION, *_FIRST.values())
