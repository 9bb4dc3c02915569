"""What somebody typed into the form of a plan, and what is wrong with it, field by field; pure.

Nothing typed is lost: a form that is refused comes back as it was sent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from pydantic import BaseModel

from core.vitals import MEASURES, Group, Vital
from monitoring.plans import limits
from monitoring.plans.limits import Origin, PlanLimit
from monitoring.plans.versions import TARGET, TARGET_RANGE, Version, limit_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.pages.language import Language
    from monitoring.plans.showing import Key

LEVELS = ("alert_low", "warn_low", "warn_high", "alert_high")
NUMBER = re.compile(r"[-−+]?\d{1,5}(?:[.,]\d{1,3})?")  # noqa: RUF001 (a typed minus may be one)
LONGEST_REASON = 500
MOST_READINGS, MOST_MINUTES = 10, 7 * 24 * 60
# What nobody has looked at for a year is not a decision about this person any more (E).
REVIEW_USUAL, REVIEW_LONGEST = timedelta(days=90), timedelta(days=366)
LABELS: dict[str, Callable[[Language], str]] = {
    "alert_low": lambda said: said.say("Alert low (AMBER)"),
    "warn_low": lambda said: said.say("Warn low (YELLOW)"),
    "warn_high": lambda said: said.say("Warn high (YELLOW)"),
    "alert_high": lambda said: said.say("Alert high (AMBER)"),
}
MEASURED = tuple(vital for vital, measure in MEASURES.items() if measure.group is Group.BODY)


class PlanForm(BaseModel):
    """One change of a plan as a form sends it: texts, whatever was typed."""

    csrf: str = ""
    version: str = ""  # of the plan that the page showed
    act: str = "set"  # or "withdraw"; of the target "target-on" or "target-off"
    measure: str = ""
    from_usual: str = ""
    alert_low: str = ""
    warn_low: str = ""
    warn_high: str = ""
    alert_high: str = ""
    readings: str = ""
    within_minutes: str = ""
    reason: str = ""
    review_by: str = ""

    @property
    def key(self) -> Key | None:
        """Return which part of a plan it changes; None where there is no such part."""
        if self.act.startswith("target"):
            return (TARGET, False)
        return (self.measure, bool(self.from_usual)) if self.measure in tuple(Vital) else None

    @property
    def sets(self) -> bool:
        """Return whether something is in the plan afterwards."""
        return self.act in ("set", "target-on")


@dataclass(slots=True)
class Read:
    """What a form means, and what is wrong with each of its fields."""

    limit: PlanLimit | None = None
    review_by: date | None = None
    faults: dict[str, str] = field(default_factory=dict)


def filled(key: Key, standing: Version | None, *, version: int, today: date) -> PlanForm:
    """Return the form of one part of a plan, with what stands there."""
    review = standing.review_by if standing else None
    form = PlanForm(
        version=str(version),
        measure=key[0],
        from_usual="1" if key[1] else "",
        readings="1",
        within_minutes="30",
        review_by=(review if review and review > today else today + REVIEW_USUAL).isoformat(),
    )
    if standing is None or standing.subject == TARGET:
        return form
    limit = limit_of(standing)
    levels = {name: _shown(getattr(limit, name)) for name in LEVELS}
    times = {"readings": str(limit.readings), "within_minutes": f"{limit.within_minutes:g}"}
    return form.model_copy(update={**levels, **times})


def _shown(level: float | None) -> str:
    return "" if level is None else f"{level:g}"


def read(form: PlanForm, standing: Version | None, *, today: date, said: Language) -> Read:
    """Return what a form means; what it does not ask for stays as in the version that stands."""
    found = Read()
    _sign(form, found, today=today, said=said)
    if form.act == "set":
        _limit(form, found, standing, said)
    return found


def _sign(form: PlanForm, found: Read, *, today: date, said: Language) -> None:
    """Read why, and by when it must be looked at again."""
    reason = form.reason.strip()
    if not reason:
        found.faults["reason"] = said.say("Say why: a change of a plan needs its reason.")
    elif len(reason) > LONGEST_REASON:
        found.faults["reason"] = said.say(
            "A reason has at most {most} characters.", most=LONGEST_REASON
        )
    if not form.sets:
        return
    try:
        found.review_by = date.fromisoformat(form.review_by.strip())
    except ValueError:
        found.faults["review_by"] = said.say("Give the day by which somebody looks at it again.")
        return
    last = today + REVIEW_LONGEST
    if not today < found.review_by <= last:
        found.faults["review_by"] = said.say(
            "The review must lie ahead, on {last} at the latest.", last=last.isoformat()
        )


def _limit(form: PlanForm, found: Read, standing: Version | None, said: Language) -> None:
    vital = Vital(form.measure)
    base = PlanLimit(vital=vital, reason="-", from_usual=bool(form.from_usual))
    if standing is not None:
        base = limit_of(standing)
    levels = {name: _level(form, name, found, said) for name in LEVELS}
    readings = _whole(form.readings, 1, MOST_READINGS)
    if readings is None:
        found.faults["readings"] = said.say("A whole number from 1 to {most}.", most=MOST_READINGS)
    minutes = _whole(form.within_minutes, 1, MOST_MINUTES)
    if minutes is None or minutes <= base.apart_minutes:
        found.faults["within_minutes"] = said.say(
            "Whole minutes, more than {least} and at most {most}.",
            least=int(base.apart_minutes),
            most=MOST_MINUTES,
        )
    if found.faults.keys() & {*LEVELS, "readings", "within_minutes"}:
        return
    _together(levels, found, said)
    limit = replace(
        base,
        **levels,  # type: ignore[arg-type]  # the four level fields
        readings=readings or 1,
        within_minutes=float(minutes or 0),
        reason=form.reason.strip() or "-",
        origin=Origin.CLINICIAN,
    )
    if not found.faults.keys() & {*LEVELS, "levels"} and (left := list(limits.faults(limit))):
        found.faults["levels"] = "; ".join(said.say(each.text, **each.facts) for each in left)
    found.limit = limit


def _level(form: PlanForm, name: str, found: Read, said: Language) -> float | None:
    """Read one level, in the unit of the measurement."""
    text = getattr(form, name).strip()
    if not text:
        return None
    if NUMBER.fullmatch(text) is None:
        found.faults[name] = said.say("This is not a number.")
        return None
    value = float(text.replace(",", ".").replace("−", "-"))  # noqa: RUF001 (as above)
    measure = MEASURES[Vital(form.measure)]
    if form.from_usual:
        low = name.endswith("_low")
        if (value >= 0) if low else (value <= 0):
            found.faults[name] = (
                said.say("A difference below the usual is below 0.")
                if low
                else said.say("A difference above the usual is above 0.")
            )
    elif not measure.low <= value <= measure.high:
        found.faults[name] = said.say(
            "No device could plausibly report this: from {low} to {high} {unit}.",
            low=f"{measure.low:g}",
            high=f"{measure.high:g}",
            unit=measure.unit_display,
        )
    return value


def _together(levels: dict[str, float | None], found: Read, said: Language) -> None:
    given = [(name, level) for name, level in levels.items() if level is not None]
    if not given:
        found.faults["levels"] = said.say("Give at least one of the four levels.")
    for (lesser, low), (name, high) in pairwise(given):
        if high <= low:
            found.faults[name] = said.say("Must lie above: {other}.", other=LABELS[lesser](said))


def _whole(text: str, least: int, most: int) -> int | None:
    number = int(text) if re.fullmatch(r"\d{1,6}", text.strip()) else 0
    return number if least <= number <= most else None


def hidden(form: PlanForm) -> Iterator[tuple[str, str]]:
    """Yield what a preview carries to the save: everything but the token of the form."""
    for name, value in form.model_dump(exclude={"csrf"}).items():
        yield name, str(value)


def target_words(said: Language) -> str:
    """Return what the target of oxygen is called."""
    low, high = TARGET_RANGE["low"], TARGET_RANGE["high"]
    return said.say("Target SpO2 {low} to {high} %", low=low, high=high)
