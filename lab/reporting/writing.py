"""The report in words, tables and pictures: what is told first, and what each number rests on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lab.judging import CAVEAT
from lab.reporting import methods
from lab.reporting.document import Document, Section, Table, Words
from lab.reporting.results import AS_IT_IS, POOLED, THREE
from lab.reporting.study import LOOK_ALIKES, NULL, TRAINED_ON
from lab.reporting.ways import RULES
from lab.reporting.wording import number, percent, points, short_percent
from lab.reporting.writing_days import days_section
from lab.reporting.writing_groups import groups_section
from lab.reporting.writing_targets import targets_section
from lab.reporting.writing_ways import curves_section, kinds_section, reds_section, ways_section

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.reporting.results import Results, Setting

TITLE = "Does it work, for whom, and how do we know?"
ABOUT = {
    TRAINED_ON: "the world trained on, other people",
    "low-adherence": "half of the days measured",
    "noisy-devices": "devices 1.8 times as noisy",
    "older": "82 on average, darker skin, oximeters that read high for it",
    "shifted": "half the effect, half as long again until it shows",
    "unasked": "nobody is asked about symptoms",
    LOOK_ALIKES: "three times the holidays, heat, visitors and new tablets",
    NULL: "illness shows in nothing: a negative control",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What was run: enough to run it again."""

    patients: int
    days: int
    seed: int
    worlds: tuple[str, ...]
    model: str = ""
    trained_on: str = ""
    rulebook: str = ""
    options: str = ""  # of the command, besides those above
    more: Sequence[Section] = field(default_factory=tuple)  # sections on real data

    @property
    def command(self) -> str:
        """Return the command that gives these numbers."""
        worlds = " ".join(f"--world {name}" for name in self.worlds)
        return (
            f"wardlight evaluate --output DIR --patients {self.patients} --days {self.days}"
            f" --seed {self.seed} {worlds}{self.options}"
        )

    def numbers(self) -> dict[str, object]:
        """Return what was asked as plain values."""
        return {
            "command": self.command,
            "model": self.model,
            "trained_on": self.trained_on,
            "rulebook": self.rulebook,
        }


def written(found: Results, asked: Asked) -> Document:
    """Return the whole report."""
    point = AS_IT_IS if found.main == RULES else THREE
    return Document(
        title=TITLE,
        first=(
            Words(
                f"{CAVEAT} Nothing here is a claim about real patients, and the software is no"
                " medical device.",
                strong=True,
            ),
            *_headline(found, point),
        ),
        sections=(
            _ceiling(found),
            targets_section(found),
            _worlds(found, point),
            ways_section(found, point),
            curves_section(found),
            kinds_section(found),
            *reds_section(found),
            days_section(found),
            groups_section(found, point),
            _controls(found, point),
            *asked.more,
            methods.section(found, asked),
        ),
    )


def _headline(found: Results, point: str) -> tuple[Words, ...]:
    worst, pooled = (found.settings[name] for name in (found.worst, found.pooled))
    held_out = found.pooled == POOLED
    words = f"The worst of the worlds {'that nothing was trained on' if held_out else 'judged'}"
    return (
        Words(f"{words}, {found.worst}: {_sentence(worst, found, point)}", strong=True),
        Words(f"All of these together: {_sentence(pooled, found, point)}"),
        *((Words(_small(pooled, found, point)),) if _few(pooled, found, point) else ()),
    )


FEW = 100  # events: below, intervals are too wide for any target to be judged


def _few(setting: Setting, found: Results, point: str) -> bool:
    return setting.cards[point][found.main]["events"].value < FEW


def _small(setting: Setting, found: Results, point: str) -> str:
    events = setting.cards[point][found.main]["events"].value
    return f"With {events:.0f} events in all, this run is too small to judge any target by."


def _sentence(setting: Setting, found: Results, point: str) -> str:
    card = setting.cards[point][found.main]
    return (
        f"{found.main} found {percent(card['sensitivity'])} of"
        f" {card['events'].value:.0f} recorded events ahead of time, where"
        f" {short_percent(card['chance'])} would be found by chance at the same number of alerts"
        f" and {short_percent(card['readable'])} left any trace that could be read:"
        f" {points(card['lift'])} points beyond chance, at {number(card['unexplained'])}"
        f" unexplained alerts a patient-year. PPV-event {percent(card['ppv_event'])},"
        f" PPV-actionable {percent(card['ppv_actionable'])}."
    )


def _ceiling(found: Results) -> Section:
    names = list(found.settings)
    first = found.settings[found.pooled].ceiling
    rows = [
        (name, *(percent(found.settings[name].ceiling[trace]) for trace in first)) for name in names
    ]
    return Section(
        "The ceiling: how many events can be read at all",
        (
            Words(
                "Some events are silent, some move nothing that was being measured, and some fall"
                " in days without readings. Taken from the latent state: what the episode behind"
                " each recorded event added to each reading that had arrived before the record,"
                " against the spread of that person's own calm days. A record that is mistaken"
                " leaves nothing. Sensitivity is read against this, and above chance."
            ),
            Table("Share of recorded events that left a trace", ("world", *first), rows),
            Words(
                "Answers count by the rise in breathlessness that is expected of the illness;"
                " ticked complaints are left out, so the last two columns are a little low. An"
                " event without a trace may still be found, by chance."
            ),
        ),
    )


def _worlds(found: Results, point: str) -> Section:
    rows = []
    for name, setting in found.settings.items():
        card = setting.cards[point][found.main]
        rows.append(
            (
                name,
                f"{card['events'].value:.0f}",
                short_percent(card["readable"]),
                percent(card["sensitivity"]),
                short_percent(card["chance"]),
                points(card["lift"]),
                short_percent(card["found_of_readable"]),
                number(card["unexplained"]),
                percent(card["ppv_event"]),
                percent(card["ppv_actionable"]),
                number(card["lead_days"]),
                number(card["per_100_per_day"], 2),
            )
        )
    headings = (
        *("world", "events", "readable", "sensitivity", "by chance", "beyond chance, points"),
        *("found of the readable", "unexplained / p-y", "PPV-event", "PPV-actionable"),
        *("lead, days", "alerts / 100 patients / day"),
    )
    where = ", one threshold for all worlds" if point == THREE else ""
    return Section(
        "World by world",
        (
            Table(f"{found.main}, {point}{where}", headings, rows),
            Words(
                "A fall detector tells of a fall as it happens, before anybody records it: worth an"
                " alert, and no foresight. Without falls and without the detector:"
            ),
            _without_falls(found),
            Table(
                "The worlds",
                ("world", "what is different there"),
                [(name, ABOUT[name]) for name in found.settings if name in ABOUT],
            ),
        ),
    )


def _without_falls(found: Results) -> Table:
    rows = [
        (
            f"{way}, {name}",
            f"{card['events'].value:.0f}",
            short_percent(card["readable"]),
            percent(card["sensitivity"]),
            short_percent(card["chance"]),
            points(card["lift"]),
            percent(card["share_of_ceiling"]),
            number(card["unexplained"]),
        )
        for name, setting in found.settings.items()
        for way, card in setting.foreseen.items()
    ]
    headings = (
        *("way and world", "events", "readable", "sensitivity", "by chance"),
        *("beyond chance, points", "share of the ceiling", "unexplained / p-y"),
    )
    return Table("Without falls and the fall detector", headings, rows)


def _controls(found: Results, point: str) -> Section:
    rows = [
        (
            name,
            points(setting.cards[point][found.main]["lift"]),
            points(setting.foreseen[found.main]["lift"]),
            points(setting.permuted),
        )
        for name, setting in found.settings.items()
    ]
    return Section(
        "Negative controls",
        (
            Words(
                "In the null world illness changes no reading, no answer and no habit: sensitivity"
                " must be what chance gives, but for falls that a detector tells of. And in every"
                " world each person's events are turned"
                " round to other times while the alerts stay: what is then left beyond chance"
                " comes from who alerts more, not from when."
            ),
            Table(
                f"Sensitivity beyond chance, points: {found.main}, {point}",
                ("world", "all events", "without falls", "all events, moved"),
                rows,
            ),
        ),
    )
