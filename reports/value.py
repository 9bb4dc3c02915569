"""What averted admissions may be worth: a range with its assumptions, never a bare number; pure.

It is arithmetic on a team's own counts and on three assumptions. It measures no effect: that
would take people who were not watched.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import InvalidError
from core.vitals import Severity
from reports.rates import ppv_of, wilson

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reports.episodes import Episode
    from reports.rates import Rate

# Cells of fewer say "cannot tell" (evidence file, section on fairness).
FEWEST = 10  # alerts with an outcome
CLINICAL = (Severity.RED, Severity.AMBER, Severity.YELLOW)
DUPLICATE = "duplicate"
MOST_MONEY = 1_000_000.0


@dataclass(frozen=True, slots=True)
class Assumed:
    """What is assumed: dollars and shares.

    A stay is of the right order: HCUP's mean cost of a stay at 65 to 84 was $12,300 in 2010.
    The shares and the handling cost are the programme's own assumptions.
    """

    stay: float = 14_000.0
    averts_low: float = 0.10  # the share of true alerts that avert a stay
    averts_high: float = 0.25
    handling_low: float = 50.0  # of one alert
    handling_high: float = 150.0

    def __post_init__(self) -> None:
        """Refuse what nobody could assume; the error names the field."""
        for name in ("stay", "handling_low", "handling_high"):
            if not 0 < getattr(self, name) <= MOST_MONEY:
                raise InvalidError("more than nothing, and a million dollars at most", field=name)
        for name in ("averts_low", "averts_high"):
            if not 0 < getattr(self, name) <= 1:
                raise InvalidError("a share of more than 0 and at most 100 %", field=name)
        for low, high in (("averts_low", "averts_high"), ("handling_low", "handling_high")):
            if getattr(self, low) > getattr(self, high):
                raise InvalidError("the lower end is not above the upper one", field=low)


@dataclass(frozen=True, slots=True)
class Range:
    """From where to where something lies."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Value:
    """The estimate over a span; its ranges are None where nobody can tell."""

    alerts: int  # RED, AMBER and YELLOW that opened
    labels: Rate  # PPV-event: true ones of those whose outcome counts
    even: Range  # the PPV at which handling costs what averted stays would
    handling: Range
    ppv: Range | None = None
    stays: Range | None = None
    saved: Range | None = None
    net: Range | None = None

    @property
    def tells(self) -> bool:
        """Return whether there are outcomes enough."""
        return self.net is not None


def break_even(stay: float, averts: float, handling: float) -> float:
    """Return the PPV-event at which handling the alerts costs what averted stays would."""
    return handling / (stay * averts)


def value(episodes: Iterable[Episode], assumed: Assumed) -> Value:
    """Return what the alerts that opened in a span may have been worth.

    The ends of each range take the ends of the PPV's 95 % interval (Wilson), and those of the
    assumptions that go with them. Alerts without an outcome are taken to be as those with one;
    one that is known to be a duplicate averts nothing of its own, and was handled all the same.
    """
    known = [each for each in episodes if each.severity in CLINICAL]
    labels = ppv_of([each.outcome for each in known if each.outcome])
    even = Range(
        break_even(assumed.stay, assumed.averts_high, assumed.handling_low),
        break_even(assumed.stay, assumed.averts_low, assumed.handling_high),
    )
    count = len(known)
    handling = Range(count * assumed.handling_low, count * assumed.handling_high)
    ends = wilson(labels)
    if ends is None or labels.of < FEWEST:
        return Value(count, labels, even, handling)
    low, high = ends
    single = count - sum(each.outcome == DUPLICATE for each in known)
    stays = Range(single * low * assumed.averts_low, single * high * assumed.averts_high)
    saved = Range(stays.low * assumed.stay, stays.high * assumed.stay)
    net = Range(saved.low - handling.high, saved.high - handling.low)
    return Value(count, labels, even, handling, Range(low, high), stays, saved, net)
