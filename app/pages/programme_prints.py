"""The programme's clocks and the estimate of its worth in a reader's words; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.pages.quality_words import DASH, share
from reports.programme import LENGTH, Code, Left
from reports.value import FEWEST, Assumed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import date
    from uuid import UUID

    from app.pages.language import Language
    from reports.programme import Clocks, Lacking, Window
    from reports.value import Range, Value

MINUS = "\N{MINUS SIGN}"
SUPPLY = (Code.FEW_DAYS, Code.MANY_DAYS)
LEFT: dict[Left, Callable[[Language, int], str]] = {
    Left.BY_HAND: lambda said, count: said.count(
        "{count} reading was typed by a person", "{count} readings were typed by a person", count
    ),
    Left.TAKEN_BACK: lambda said, count: said.count(
        "{count} reading was taken back or corrected",
        "{count} readings were taken back or corrected",
        count,
    ),
    Left.NO_DAY: lambda said, count: said.count(
        "{count} reading is of no day that is known",
        "{count} readings are of no day that is known",
        count,
    ),
    Left.LATE: lambda said, count: said.count(
        "{count} reading arrived more than 30 days after it was measured",
        "{count} readings arrived more than 30 days after they were measured",
        count,
    ),
    Left.ELSEWHERE: lambda said, count: said.count(
        "{count} reading of days on which the team did not have the person",
        "{count} readings of days on which the team did not have the person",
        count,
    ),
    Left.OTHER: lambda said, count: said.count(
        "{count} reading is an answer, an event of the home, or tells how somebody moved or slept",
        "{count} readings are answers, events of the home, or tell how somebody moved or slept",
        count,
    ),
}


@dataclass(frozen=True, slots=True)
class ClockPrint:
    """One person's clocks."""

    id: UUID
    name: str
    window: str
    days: int
    unnamed: int
    supply: str  # the code that the days are evidence for
    ended: str  # the window before
    ended_on: str  # its last day, as an address has it
    set_up: str
    month: str
    minutes: str
    work: str  # the codes that the minutes are evidence for
    lacking: list[str]
    away: bool
    href: str


@dataclass(frozen=True, slots=True)
class ValuePrint:
    """The estimate, line by line; without outcomes enough only what can be said."""

    tells: bool
    alerts: int
    rested: str
    ppv: str
    stays: str
    saved: str
    handling: str
    net: str
    even: str
    fewest: int = FEWEST


def clock_print(who: UUID, name: str, found: Clocks, href: str, said: Language) -> ClockPrint:
    """Return one person's clocks in words."""
    today = found.month_last
    return ClockPrint(
        id=who,
        name=name,
        window=window_words(found, said),
        days=len(found.days),
        unnamed=found.unnamed,
        supply=codes_of(found, SUPPLY),
        ended=ended_words(found, said),
        ended_on=found.ended.window.last.isoformat() if found.ended else "",
        set_up=said.day(found.set_up, today=today) if found.set_up else "",
        month=f"{found.month_last:%Y-%m}",
        minutes=minutes_words(found, said),
        work=codes_of(found, [code for code in Code if code not in SUPPLY]),
        lacking=[lacking_words(each, said) for each in found.lacking],
        away=found.away,
        href=href,
    )


def window_words(found: Clocks, said: Language) -> str:
    """Return from when until when a window is; nothing where none has begun."""
    return _from_to(found.window, found.month_last, said) if found.window else ""


def ended_words(found: Clocks, said: Language) -> str:
    """Return on how many days of the window before something was sent, and for which code."""
    if found.ended is None:
        return ""
    return said.count(
        "{window}: {count} day ({code})",
        "{window}: {count} days ({code})",
        found.ended.days,
        window=_from_to(found.ended.window, found.month_last, said),
        code=str(found.ended.code or DASH),
    )


def _from_to(window: Window, today: date, said: Language) -> str:
    first, last = (said.day(day, today=today) for day in (window.first, window.last))
    return f"{first} {DASH} {last}"


def minutes_words(found: Clocks, said: Language) -> str:
    """Return the minutes of a month and its live contacts."""
    minutes = said.count("{count} minute", "{count} minutes", found.minutes)
    contacts = said.count("{count} live contact", "{count} live contacts", found.contacts)
    return said.say("{minutes}, {contacts}", minutes=minutes, contacts=contacts)


def codes_of(found: Clocks, among: Iterable[Code]) -> str:
    """Return for which of some codes there is evidence, with how often."""
    wanted = set(among)
    return ", ".join(
        code if count == 1 else f"{code} × {count}"  # noqa: RUF001 (times)
        for code, count in found.reached
        if code in wanted
    )


def lacking_words(each: Lacking, said: Language) -> str:
    """Return what is missing, until when, and for what."""
    facts = {"day": said.day(each.by, today=each.by), "code": str(each.code)}
    if each.days:
        return said.count(
            "{count} more day by {day} ({code})",
            "{count} more days by {day} ({code})",
            each.days,
            **facts,
        )
    if not each.minutes:
        return said.say("one live contact by {day} ({code})", **facts)
    if each.contact:
        return said.count(
            "{count} more minute and one live contact by {day} ({code})",
            "{count} more minutes and one live contact by {day} ({code})",
            each.minutes,
            **facts,
        )
    return said.count(
        "{count} more minute by {day} ({code})",
        "{count} more minutes by {day} ({code})",
        each.minutes,
        **facts,
    )


def left_words(left: Mapping[Left, int], said: Language) -> list[str]:
    """Return which readings of a window count for no day, and why."""
    return [LEFT[why](said, left[why]) for why in Left if left.get(why)]


def money(amount: float) -> str:
    """Return dollars, without cents."""
    return f"{MINUS if amount <= -0.5 else ''}${abs(amount):,.0f}"  # noqa: PLR2004 (half a dollar)


def dollars(found: Range | None, said: Language) -> str:
    """Return a range of dollars; nothing where there is none."""
    if found is None:
        return ""
    return _span(money(found.low), money(found.high), said)


def value_print(found: Value, said: Language) -> ValuePrint:
    """Return an estimate in words."""
    even, stays = found.even, found.stays
    return ValuePrint(
        tells=found.tells,
        alerts=found.alerts,
        rested=said.say("{hits} of {of}", hits=found.labels.hits, of=found.labels.of),
        ppv=share(found.labels, said).words if found.tells else "",
        stays=_span(f"{stays.low:.1f}", f"{stays.high:.1f}", said) if stays else "",
        saved=dollars(found.saved, said),
        handling=dollars(found.handling, said),
        net=dollars(found.net, said),
        even=_span(f"{even.low * 100:.1f} %", f"{even.high * 100:.1f} %", said),
    )


def _span(low: str, high: str, said: Language) -> str:
    return said.say("{low} to {high}", low=low, high=high)


def soonest(found: Clocks) -> tuple[int, ...]:
    """Return how soon somebody should be looked at: first whom least is missing."""
    days = [each.days for each in found.lacking if each.days]
    work = [each.minutes for each in found.lacking if not each.days]
    return (0 if found.lacking else 1, min(days, default=LENGTH), min(work, default=LENGTH))


def assumed_fields(assumed: Assumed) -> dict[str, str]:
    """Return what is assumed as the fields of a form have it: shares in per cent."""
    return {
        "stay": f"{assumed.stay:g}",
        "averts_low": f"{assumed.averts_low * 100:g}",
        "averts_high": f"{assumed.averts_high * 100:g}",
        "handling_low": f"{assumed.handling_low:g}",
        "handling_high": f"{assumed.handling_high:g}",
    }
