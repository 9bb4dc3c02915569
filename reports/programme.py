"""The clocks of a programme that is paid by them: days of transmission, minutes, set-up; pure.

They count evidence, day by day and entry by entry. Nothing here claims anything: whether a code
may be billed is decided by whoever signs the bill.

References
----------
CMS Physician Fee Schedule 2026, CPT 99445, 99453, 99454, 99457, 99458, 99470.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from core.vitals import MEASURES, Group, Quality, Vital

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import date

    from alerts.minutes import Month

LENGTH = 30  # days of one window
A_FEW, MOST_DAYS = 2, 16  # CMS 2026: 99445 from 2 to 15 days with data, 99454 from 16 on
SET_UP_DAYS = 2  # 99453, as one practice guide states it
TEN, TWENTY = 10, 20  # CMS 2026: minutes of 99470 (10 to 19), and of 99457 and each 99458
LATEST = timedelta(days=30)  # what arrives later was watched by nobody in its window
# What tells how somebody moves and sleeps is no physiologic parameter, nor is an answer.
ACTIVITY = frozenset(
    {Vital.STEPS, Vital.SLEEP, Vital.MOTION, Vital.NIGHT_BATHROOM, Vital.MOTION_GAP}
)
PHYSIOLOGIC = frozenset(
    vital for vital, measure in MEASURES.items() if measure.group is Group.BODY
) - ACTIVITY | {Vital.IRREGULAR_RHYTHM}
# Taken back, not measured, or of no day that is known.
NO_DAY = frozenset({Quality.WITHDRAWN, Quality.ABSENT, Quality.FUTURE, Quality.TIME_UNSURE})


class Code(StrEnum):
    """What a count is evidence for."""

    SET_UP = "99453"
    FEW_DAYS = "99445"
    MANY_DAYS = "99454"
    TEN_MINUTES = "99470"
    TWENTY_MINUTES = "99457"
    EACH_TWENTY = "99458"


# What people are counted by: a set-up is of one day, and counts once for ever.
PEOPLE_WITH = tuple(code for code in Code if code is not Code.SET_UP)


class Left(StrEnum):
    """Why a reading of a window counts for no day."""

    BY_HAND = "by-hand"  # typed on the patient's own page
    TAKEN_BACK = "taken-back"  # withdrawn, entered in error, or replaced by a correction
    NO_DAY = "no-day"  # not measured, dated in the future, or of no known time
    LATE = "late"  # arrived more than 30 days after it was measured
    OTHER = "other"  # an answer, an event of the home, or how somebody moved
    ELSEWHERE = "elsewhere"  # of a day on which the team did not have the person


@dataclass(frozen=True, slots=True)
class Window:
    """Thirty local days of one person, both ends among them."""

    first: date
    last: date

    @classmethod
    def of(cls, begun: date, on: date) -> Window | None:
        """Return the window that holds a day, counted from the first one; None before it.

        One follows the other without a gap, whatever is sent in them.
        """
        if on < begun:
            return None
        first = begun + (on - begun) // timedelta(days=LENGTH) * timedelta(days=LENGTH)
        return cls(first, first + timedelta(days=LENGTH - 1))

    def before(self, begun: date) -> Window | None:
        """Return the window before; None of the first one."""
        return Window.of(begun, self.first - timedelta(days=LENGTH))

    def holds(self, day: date) -> bool:
        """Return whether a day lies in it."""
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Sent:
    """One local day on which a device measured something that arrived by itself."""

    day: date
    named: bool = True  # a reading of the day names its device


@dataclass(frozen=True, slots=True)
class Lacking:
    """What is missing for one more code, while there is still time for it."""

    code: Code
    by: date  # the last day on which it helps
    days: int = 0
    minutes: int = 0
    contact: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What the clocks of one person are computed from."""

    begun: date | None  # the first day of transmission
    sent: tuple[Sent, ...]
    month: Month
    month_last: date
    away: bool = False  # paused, in hospital, dead or left: nobody is asked for more
    elsewhere: Collection[date] = ()  # days on which the team did not have them


@dataclass(frozen=True, slots=True)
class Ended:
    """The window before one, and on how many of its days something was sent."""

    window: Window
    days: int

    @property
    def code(self) -> Code | None:
        """Return what its days are evidence for."""
        return supply(self.days)


@dataclass(frozen=True, slots=True)
class Clocks:
    """The clocks of one person as they stand on a day."""

    window: Window | None
    days: tuple[date, ...]
    unnamed: int  # of these days, those on which no reading names its device
    set_up: date | None  # the day on which the set-up has its evidence
    minutes: int
    contacts: int
    month_last: date
    reached: tuple[tuple[Code, int], ...]
    lacking: tuple[Lacking, ...]
    away: bool
    ended: Ended | None = None  # the window before, which is over and may be billed


def clocks(facts: Facts, *, on: date, today: date) -> Clocks:
    """Return the clocks of the window and the month that hold `on`, as they stand `today`.

    Windows run on whoever has the person; a day, and a set-up, is of the team that had them then.
    """
    window = Window.of(facts.begun, on) if facts.begun else None
    named = {each.day for each in facts.sent if each.named}
    own = [each.day for each in facts.sent if each.day not in facts.elsewhere]
    days = _within(window, own)
    before = window.before(facts.begun) if window and facts.begun else None
    minutes, contacts = facts.month.minutes, facts.month.contacts
    ready = set_up(facts.begun, {each.day for each in facts.sent})
    ready = None if ready in facts.elsewhere else ready
    lacking = (
        [] if facts.away else [*_lacking_days(window, days, today), *_lacking_work(facts, today)]
    )
    return Clocks(
        window=window,
        days=days,
        unnamed=sum(day not in named for day in days),
        set_up=ready if ready and ready <= (window.last if window else on) else None,
        minutes=minutes,
        contacts=contacts,
        month_last=facts.month_last,
        reached=(*_supply(len(days)), *management(minutes, contacts)),
        lacking=() if facts.away else tuple(lacking),
        away=facts.away,
        ended=Ended(before, len(_within(before, own))) if before else None,
    )


def _within(window: Window | None, days: Iterable[date]) -> tuple[date, ...]:
    return tuple(sorted({day for day in days if window and window.holds(day)}))


def reaching(found: Iterable[Clocks], code: Code) -> int:
    """Return how many people have evidence for a code."""
    return sum(any(each is code for each, _ in clock.reached) for clock in found)


def ended_with(found: Iterable[Clocks], code: Code) -> int:
    """Return how many people's window before is evidence for a code."""
    return sum(clock.ended is not None and clock.ended.code is code for clock in found)


def supply(days: int) -> Code | None:
    """Return what the days of one window are evidence for: one code or the other, never both."""
    if days >= MOST_DAYS:
        return Code.MANY_DAYS
    return Code.FEW_DAYS if days >= A_FEW else None


def _supply(days: int) -> tuple[tuple[Code, int], ...]:
    code = supply(days)
    return ((code, 1),) if code else ()


def management(minutes: int, contacts: int) -> tuple[tuple[Code, int], ...]:
    """Return what the minutes of one month are evidence for; without a live contact nothing.

    The first ten minutes are never told beside the first twenty.
    """
    if not contacts or minutes < TEN:
        return ()
    if minutes < TWENTY:
        return ((Code.TEN_MINUTES, 1),)
    further = minutes // TWENTY - 1
    return ((Code.TWENTY_MINUTES, 1), *(((Code.EACH_TWENTY, further),) if further else ()))


def set_up(begun: date | None, days: Collection[date]) -> date | None:
    """Return the second day of the first window that has two; None where no window has."""
    if begun is None:
        return None
    windows: dict[date, list[date]] = {}
    for day in sorted(set(days)):
        window = Window.of(begun, day)
        if window:
            windows.setdefault(window.first, []).append(day)
    full = (found for _, found in sorted(windows.items()) if len(found) >= SET_UP_DAYS)
    return next((found[SET_UP_DAYS - 1] for found in full), None)


def _lacking_days(window: Window | None, days: tuple[date, ...], today: date) -> list[Lacking]:
    """Return how many more days would do; nothing where too few are left."""
    if window is None or not window.holds(today):
        return []
    left = (window.last - today).days + (today not in days)
    for code, least in ((Code.MANY_DAYS, MOST_DAYS), (Code.FEW_DAYS, A_FEW)):
        if 0 < least - len(days) <= left:
            return [Lacking(code, window.last, days=least - len(days))]
        if len(days) >= least:
            break
    return []


def _lacking_work(facts: Facts, today: date) -> list[Lacking]:
    """Return which minutes, and whether a live contact, are missing in a month that runs.

    Of the further twenty minutes nothing is said: nobody is called for the sake of a bill.
    """
    month, last = facts.month, facts.month_last
    running = last.replace(day=1) <= today <= last
    if not running or (month.contacts and month.minutes >= TWENTY):
        return []
    ten = month.minutes < TEN
    code = Code.TEN_MINUTES if ten else Code.TWENTY_MINUTES
    minutes = max((TEN if ten else TWENTY) - month.minutes, 0)
    return [Lacking(code, last, minutes=minutes, contact=not month.contacts)]
