"""The rules beside plain ways of alerting on held-out lives, as tables."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from lab.contest import bout, burden
from lab.judging import LOOK_BACK, SCORE
from lab.narrowing import FALL, of_several, said_by, without_falls
from lab.reporting.ways import COMBINED, LIVE, as_live, with_both
from lab.scorecard import scorecard

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.contest import Bout, Seen
    from lab.narrowing import Spoken
    from lab.scorecard import Course, Scorecard

RULES = "rules, AMBER and RED"


@dataclass(frozen=True, slots=True)
class Report:
    """Every way as it is, the others at the rules' burden, and each rule by itself.

    `cases` are the same people once more, with what a clinician meets as one case (AL-02)
    counted once, whoever alerts; `case_burden` is the rules' own in cases. `foreseen` leaves out
    falls and the fall detector: it tells that one fell, and no other way is given it. `narrow`
    is RED, and AMBER of several signs, at its own smaller burden. `scored` are the other ways as
    often as the learned score by itself, with its lead over each; the rules have no such knob.
    """

    alone: tuple[Scorecard, ...]
    equal: tuple[Bout, ...]
    rules: tuple[Scorecard, ...]
    cases: tuple[Bout, ...]
    case_burden: float
    foreseen: tuple[Bout, ...]
    narrow: tuple[Bout, ...]
    scored: tuple[Bout, ...] = ()


def report(
    every: Sequence[Spoken], *, seed: int, ruled: bool = True, several: frozenset[str] = frozenset()
) -> Report:
    """Compare all ways of alerting on the same judged lives.

    `several` names the rules whose alerts rest on several signs.
    """
    seen = [with_both(each) if ruled else each.seen for each in every]
    names = [name for name in seen[0].others if any(each.others[name] for each in seen)]
    own = [each.ruled() for each in seen]
    alone = [scorecard(RULES, own, look_back=LOOK_BACK, seed=seed)] if ruled else []
    if ruled and SCORE in names:
        live = [as_live(each) for each in every]
        alone.append(scorecard(LIVE, live, look_back=LOOK_BACK, seed=seed))
    for name in names:
        courses = [each.compared(name, 1.0) for each in seen]
        alone.append(scorecard(name, courses, look_back=LOOK_BACK, seed=seed))
    grouped = [replace(each, as_cases=True) for each in seen]
    fought = names if ruled else []
    # With rules it speaks of falls that a detector told of, whoever is counted without them.
    foreseeing = [name for name in fought if name != COMBINED]
    falls = any(FALL in each.kinds for each in seen)
    return Report(
        alone=tuple(alone),
        equal=_fought(seen, fought, seed),
        rules=tuple(by_rule(every, seed=seed)) if ruled else (),
        cases=_fought(grouped, fought, seed),
        case_burden=burden([each.ruled() for each in grouped]),
        foreseen=_fought([without_falls(each) for each in every], foreseeing, seed)
        if falls
        else (),
        narrow=_fought([of_several(each, several) for each in every], foreseeing, seed),
        scored=_scored(seen, names, seed),
    )


def _fought(seen: Sequence[Seen], names: Sequence[str], seed: int) -> tuple[Bout, ...]:
    return tuple(bout(seen, name, look_back=LOOK_BACK, seed=seed) for name in names)


def _scored(seen: Sequence[Seen], names: Sequence[str], seed: int) -> tuple[Bout, ...]:
    """Let the learned score, as it runs, take the place of the rules."""
    if SCORE not in names:
        return ()
    others = [name for name in names if name != SCORE]
    return _fought([said_by(each, SCORE) for each in seen], others, seed)


def by_rule(every: Sequence[Spoken], *, seed: int) -> list[Scorecard]:
    """Return one scorecard for each rule and tier, as if nothing else had spoken."""
    names = sorted({(f.rule, f.severity) for each in every for f in each.findings})
    cards = [
        scorecard(
            f"{rule} {severity}",
            [_course_of(each, rule, severity) for each in every],
            look_back=LOOK_BACK,
            seed=seed,
        )
        for rule, severity in names
    ]
    return sorted(cards, key=lambda card: -card.burden)


def _course_of(each: Spoken, rule: str, severity: str) -> Course:
    days = [f.day for f in each.findings if (f.rule, f.severity) == (rule, severity)]
    return each.seen.course([np.sort(np.array(days))])


HEADINGS = ("way of alerting", "sens", "chance", "gain (95 %)", "per p-y", "unexpl.", "PPV", "lead")
SCORED_HEADINGS = ("at the score's burden", "limits x", "per p-y", "sens", "score ahead by (95 %)")
EQUAL_HEADINGS = ("at the rules' burden", "limits x", "per p-y", "sens", "rules ahead by (95 %)")
RULE_HEADINGS = ("rule", "per p-y", "PPV", "found", "by chance")


def rows(cards: Sequence[Scorecard]) -> list[tuple[str, ...]]:
    """Return the scorecards as text, one row each, under HEADINGS."""
    return [
        (
            card.name,
            f"{card.sensitivity:.2f}",
            f"{card.chance:.2f}",
            f"{card.lift:+.2f} ({card.interval[0]:+.2f} to {card.interval[1]:+.2f})",
            f"{card.burden:.1f}",
            f"{card.unexplained:.1f}",
            f"{card.ppv_event:.2f}",
            f"{card.lead_days:.1f} d",
        )
        for card in cards
    ]


def equal_rows(bouts: Sequence[Bout]) -> list[tuple[str, ...]]:
    """Return the ways at equal burden as text, under EQUAL_HEADINGS."""
    return [
        (
            each.card.name,
            f"{each.factor:.2f}",
            f"{each.card.burden:.1f}",
            f"{each.card.sensitivity:.2f}",
            f"{each.ahead:+.2f} ({each.interval[0]:+.2f} to {each.interval[1]:+.2f})",
        )
        for each in bouts
    ]


def rule_rows(cards: Sequence[Scorecard]) -> list[tuple[str, ...]]:
    """Return each rule by itself as text, under RULE_HEADINGS."""
    return [
        (
            card.name,
            f"{card.burden:.2f}",
            f"{card.ppv_event:.2f}",
            f"{card.sensitivity * card.events:.0f}",
            f"{card.chance * card.events:.1f}",
        )
        for card in cards
    ]


def kind_headings(found: Report) -> tuple[str, ...]:
    """Return the headings of `kind_rows`."""
    return ("event", "all", *(card.name for card in _compared(found)))


def kind_rows(found: Report) -> list[tuple[str, ...]]:
    """Return, for each kind of event, how many each way found at the rules' burden."""
    cards = _compared(found)
    return [
        (kind, str(every), *(str(card.by_kind[number][1]) for card in cards))
        for number, (kind, _, every) in enumerate(cards[0].by_kind)
    ]


def _compared(found: Report) -> tuple[Scorecard, ...]:
    if not found.equal:
        return found.alone
    return (found.alone[0], *(each.card for each in found.equal))
