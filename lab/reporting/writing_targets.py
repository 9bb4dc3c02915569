"""The section on targets: what was promised, what came of it, by how much it was missed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from lab.reporting.document import Section, Table, Words
from lab.reporting.results import THREE
from lab.reporting.targets import Target, at_budget, targets
from lab.reporting.ways import SCORE
from lab.reporting.wording import number, percent, points

if TYPE_CHECKING:
    from lab.reporting.results import Results


def targets_section(found: Results) -> Section:
    """Return every target, met or missed, and what bounds it."""
    every = targets(found)
    return Section(
        "Targets",
        (
            Words(
                f"Of {found.main}, over the held-out worlds together unless another is named."
                " A target is met or missed by its value; where the interval reaches across the"
                " limit the table says that this run cannot be sure."
            ),
            Table(
                "Targets of the learned risk",
                HEADINGS,
                [_target(each) for each in every],
            ),
            *_of_the_score(found),
        ),
    )


def _of_the_score(found: Results) -> tuple[Table, ...]:
    if found.main == SCORE or SCORE not in found.settings[found.pooled].cards[THREE]:
        return ()
    rows = [_target(each) for each in at_budget(found, SCORE)]
    return (Table("The same of the learned score by itself", HEADINGS, rows),)


HEADINGS = ("target", "needed", "value (95 %)", "met", "what bounds it")


def _target(each: Target) -> tuple[str, ...]:
    shown = points if each.percent and each.low < 0 else percent
    decimals = 2 if each.high >= 1 else 3
    value = shown(each.figure) if each.percent else number(each.figure, decimals)
    return each.what, _needed(each), value, _verdict(each), each.bound


def _needed(each: Target) -> str:
    scale, unit = (100, " %") if each.percent else (1, "")
    low, high = f"{scale * each.low:.3g}{unit}", f"{scale * each.high:.3g}{unit}"
    if each.high >= 1.0 and each.percent:
        return f"at least {low}"
    if not each.low:
        return f"at most {high}"
    return f"{low} to {high}"


def _verdict(each: Target) -> str:
    missed = each.missed_by
    if math.isnan(missed):
        return "cannot tell"
    scale, unit = (100, " points") if each.percent else (1, "")
    said = "yes" if not missed else f"no, missed by {scale * missed:.2g}{unit}"
    return said if each.sure else f"{said}; not sure"
