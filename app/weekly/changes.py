"""What one issue of a week says differently from another: field by field, in words; pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from alerts.outcomes import WORDS
from core.errors import Sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import timedelta

    from reports.weekly import Rate, Report

    Told = Iterator[tuple[Sentence, "Figure"]]

OTHER_PEOPLE = Sentence("other people than before")
OTHERWISE = Sentence("otherwise than before")
NONE = Sentence("none")


@dataclass(frozen=True, slots=True)
class Change:
    """One figure that differs: what it is, and what each issue says of it."""

    what: Sentence
    before: Sentence
    after: Sentence


@dataclass(frozen=True, slots=True)
class Figure:
    """What an issue says in one place; `kept` is compared where the words are the same."""

    said: Sentence
    kept: object = None


def changes(before: Report, after: Report) -> tuple[Change, ...]:
    """Return each figure that two reports give differently, in the order of the page.

    How many reports came in time, and how many people are in none of it, are left out: they are no
    figures of the week.
    """
    old, new = figures(before), figures(after)
    found = [
        Change(what, *_told(old.get(what), new.get(what)))
        for what in [*new, *(each for each in old if each not in new)]
        if old.get(what) != new.get(what)
    ]
    return tuple(found) if found or not _parts(before, after) else (_part(),)


def _told(old: Figure | None, new: Figure | None) -> tuple[Sentence, Sentence]:
    before, after = (each.said if each else NONE for each in (old, new))
    return before, OTHER_PEOPLE if before == after else after


def _parts(before: Report, after: Report) -> bool:
    """Return whether anything differs that has no figure of its own."""
    names = {each.name for each in fields(before)} - {"made_on_time", "restricted"}
    return any(getattr(before, name) != getattr(after, name) for name in names)


def _part() -> Change:
    return Change(Sentence("The other parts of the report"), NONE, OTHERWISE)


def figures(report: Report) -> dict[Sentence, Figure]:
    """Return everything that is told of as a change, by its name."""
    return {what: figure for part in _PARTS for what, figure in part(report)}


def _people(report: Report) -> Told:
    yield Sentence("People"), _number(report.patients)
    for name, ids in (
        ("People who got worse", [each.patient_id for each in report.worse]),
        ("People who got better", [each.patient_id for each in report.better]),
        ("People who are silent", [each.patient_id for each in report.silent]),
        ("Alerts still open", [each.id for each in report.still_open]),
        ("Over their deadline", report.overdue),
    ):
        yield Sentence(name), Figure(_count(len(ids)), frozenset(ids))


def _burden(report: Report) -> Told:
    yield Sentence("Alerts per patient-week"), Figure(_decimal(report.burden.per_patient_week))
    for name, count in (
        ("Alerts taken", report.work.taken),
        ("People reached", report.work.reached),
        ("People not reached", report.work.not_reached),
        ("Minutes written down", sum(report.work.minutes.values())),
        ("Readings received", report.readings.received),
        ("Changes of rules and limits", len(report.changes)),
    ):
        yield Sentence(name), _number(count)


def _work(report: Report) -> Told:
    yield Sentence("Alerts that opened"), _number(report.opened)
    yield Sentence("Alerts that ended"), _number(report.closed)
    yield Sentence("RED and AMBER alerts opened"), _number(report.grave)
    yield Sentence("PPV-actionable"), _rate(report.actionable)
    yield Sentence("PPV"), _rate(report.ppv)
    by = Counter({who: n for who, n in report.per_clinician.items() if n})
    yield Sentence("Most alerts for one clinician"), Figure(_count(max(by.values(), default=0)), by)


def _tiers(report: Report) -> Told:
    for line in report.tiers:
        tier = Sentence(line.severity.value)
        yield Sentence("{tier} alerts opened", {"tier": tier}), _number(line.opened)
        yield Sentence("{tier} alerts acknowledged", {"tier": tier}), _number(line.acknowledged)
        what = Sentence("{tier}: median time to acknowledge", {"tier": tier})
        yield what, Figure(_span(line.median))
        what = Sentence("{tier} alerts acknowledged within the target", {"tier": tier})
        yield what, Figure(_of(line.on_time))


def _problems(report: Report) -> Told:
    for line in report.problems:
        problem = {"problem": Sentence(line.problem.replace("-", " "))}
        yield Sentence("Alerts for {problem}", problem), _number(line.opened)
        yield Sentence("PPV-actionable of {problem}", problem), _rate(line.actionable)
        yield Sentence("PPV of {problem}", problem), _rate(line.ppv)


def _outcomes(report: Report) -> Told:
    for label, count in sorted(report.outcomes.items()):
        outcome = {"outcome": Sentence(WORDS.get(label, label))}
        yield Sentence("Alerts with the outcome “{outcome}”", outcome), _number(count)


def _days(report: Report) -> Told:
    sent, before = (sum(each) for each in _columns(report))
    possible = sum(each.possible for each in report.adherence)  # as the page has it: expected
    said = Sentence("{hits} of {of} patient-days", {"hits": sent, "of": possible})
    kept: Mapping[object, object] = {e.patient_id: (e.days, e.before) for e in report.adherence}
    yield Sentence("Patient-days with a reading"), Figure(said, (kept, before))


def _columns(report: Report) -> tuple[list[int], list[int]]:
    return [each.days for each in report.adherence], [each.before for each in report.adherence]


_PARTS: Iterable[Callable[[Report], Told]] = (
    *(_people, _work, _tiers, _problems, _outcomes, _days, _burden),
)


def _number(count: int) -> Figure:
    return Figure(_count(count))


def _count(count: int) -> Sentence:
    return Sentence("{count}", {"count": count})


def _rate(rate: Rate) -> Figure:
    """Return a share in whole per cent, as the page prints it; its count makes it differ too."""
    if rate.share is None:
        return Figure(Sentence("none yet"))
    share = f"{rate.share * 100:.0f} %"
    said = Sentence("{share} ({hits} of {of})", {"share": share, "hits": rate.hits, "of": rate.of})
    return Figure(said)


def _of(rate: Rate) -> Sentence:
    return Sentence("{hits} of {of}", {"hits": rate.hits, "of": rate.of}) if rate.of else NONE


def _decimal(value: float | None) -> Sentence:
    return NONE if value is None else Sentence(f"{value:.2f}")


def _span(span: timedelta | None) -> Sentence:
    if span is None:
        return NONE
    minutes, seconds = divmod(int(span.total_seconds()), 60)
    return Sentence("{minutes} min {seconds} s", {"minutes": minutes, "seconds": seconds})
