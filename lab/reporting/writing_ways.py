"""Sections on ways of alerting: all in one table, their curves, and what each kind of event did."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lab.reds import HEADINGS as HEADINGS_OF_REDS
from lab.reds import rows as rows_of_reds
from lab.reporting.document import Picture, Section, Table, Words
from lab.reporting.operating import FIXED
from lab.reporting.plots import Axes, Line, chart
from lab.reporting.results import AS_IT_IS, HALF, THREE, TRACES
from lab.reporting.tally import PLAIN
from lab.reporting.ways import COMBINED, HEARTS, RANDOM, RULES, SCORE
from lab.reporting.wording import number, percent, points, short_percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.reporting.results import Results, Setting
    from lab.reporting.tally import Figures

HEADINGS = (
    *("way of alerting", "sensitivity", "by chance", "beyond chance, points", "alerts / p-y"),
    *("unexplained / p-y", "PPV-event", "PPV-actionable", "lead, days", "HF 24 h ahead"),
    "first row ahead by, points",
)
FAR = 12.0  # alert episodes a patient-year: how far the pictures reach
BURDENS = (1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0)


def ways_section(found: Results, point: str) -> Section:
    """Return all ways in one table, in the worst world and in all held out."""
    blocks: list[Words | Table | Picture] = [
        Words(
            "Every way is thinned or widened to the same number of unexplained alerts, so that"
            " none is ahead for alerting more. The rules have no such knob: they stand as they"
            " run, at their own number. Random alerts are drawn at the number of the first row,"
            " over everybody and among people with heart failure alone. Two values are told of"
            " what an alert was worth: PPV-event counts recorded events, PPV-actionable any"
            " deterioration under way, recorded or not: persistence, which speaks after a record,"
            " mostly tells there of what is known already. The last column is the difference of"
            " sensitivity beyond chance between the first row and this one, drawn in pairs."
        )
    ]
    for name in dict.fromkeys((found.worst, found.pooled)):
        setting = found.settings[name]
        blocks += [_table(setting, each) for each in dict.fromkeys((point, HALF, AS_IT_IS))]
    blocks.append(_look_backs(found, point))
    return Section("Every way of alerting in one table", tuple(blocks))


def _table(setting: Setting, point: str) -> Table:
    cards = dict(setting.cards[point])
    if point != AS_IT_IS:
        own = setting.cards[AS_IT_IS]
        cards |= {f"{name} (as they run)": own[name] for name in FIXED if name in own}
    rows = [_row(name, card) for name, card in cards.items()]
    first = setting.cards[point][next(iter(cards))]
    given = (
        f"by chance, of a random moment: PPV-event {short_percent(first['ppv_event_by_chance'])},"
        f" PPV-actionable {short_percent(first['ppv_actionable_by_chance'])}"
    )
    return Table(f"{setting.name}, {point}; {given}", HEADINGS, rows)


def _row(name: str, card: Figures) -> tuple[str, ...]:
    lead = number(card["lead_days"]) if "lead_days" in card else "by chance"
    return (
        name,
        percent(card["sensitivity"]),
        short_percent(card["chance"]),
        points(card["lift"]),
        number(card["burden"]),
        number(card["unexplained"]),
        percent(card["ppv_event"]),
        percent(card["ppv_actionable"]),
        lead,
        percent(card["heart_early"]),
        points(card["behind"]) if "behind" in card else "",
    )


def _look_backs(found: Results, point: str) -> Table:
    rows = []
    for name in dict.fromkeys((found.worst, found.pooled)):
        cards = found.settings[name].cards
        shown = dict(cards[point])
        shown |= {way: cards[AS_IT_IS][way] for way in (RULES,) if way in cards[AS_IT_IS]}
        for way, card in shown.items():
            if way in (RANDOM, HEARTS):
                continue
            each = [_look_back(card, days) for days in PLAIN]
            rows.append((f"{way}, {name}", *(cell for row in each for cell in row)))
    headings = [(f"{days:g} d", "by chance", "beyond, points") for days in PLAIN]
    return Table(
        f"Sensitivity by event at one look-back for every kind, {point} (rules as they run)",
        ("way and world", *(cell for row in headings for cell in row)),
        rows,
    )


def _look_back(card: Figures, days: float) -> tuple[str, str, str]:
    return (
        percent(card[f"sensitivity_{days:g}"]),
        short_percent(card[f"chance_{days:g}"]),
        points(card[f"lift_{days:g}"]),
    )


def curves_section(found: Results) -> Section:
    """Return one picture for each world, with its numbers."""
    blocks: list[Words | Table | Picture] = [
        Words(
            "Each line is one way with its limits moved from wide to narrow; the rules are points."
            " The random alerter is what chance gives. A way is better where it lies higher at the"
            " same number of alerts; the dotted line is the ceiling."
        )
    ]
    for name in (found.pooled, *(each for each in found.settings if each != found.pooled)):
        blocks += _curves(found.settings[name])
    return Section("Burden and sensitivity", tuple(blocks))


def _curves(setting: Setting) -> tuple[Picture, Table]:
    lines = [
        Line(way, [(burden, found) for burden, _, found in curve], main=way in (COMBINED, SCORE))
        for way, curve in setting.curves.items()
    ]
    lines.append(Line("random", _random(setting)))
    cards = setting.cards[AS_IT_IS]
    lines += [
        Line(way, [(cards[way]["burden"].value, cards[way]["sensitivity"].value)], alone=True)
        for way in FIXED
        if way in cards
    ]
    reach = max([FAR, *(1.05 * cards[way]["burden"].value for way in (RULES,) if way in cards)])
    top = min(1.0, 1.15 * max(setting.ceiling[TRACES[2]].value, _highest(lines, reach), 0.2))
    axes = Axes("alert episodes a patient-year", "sensitivity by event", (0, reach), (0, top))
    caption = f"Burden and sensitivity, {setting.name}"
    picture = Picture(
        f"burden-{_file(setting.name)}",
        caption,
        chart(caption, lines, axes, ceiling=setting.ceiling[TRACES[2]].value),
    )
    return picture, _numbers(setting, lines)


def _highest(lines: Sequence[Line], reach: float) -> float:
    return max((y for line in lines for x, y in line.points if x <= reach), default=0.0)


def _random(setting: Setting) -> list[tuple[float, float]]:
    """Return chance at each burden, for the events of this setting and their look-backs."""
    card = setting.cards[AS_IT_IS][RANDOM]
    rate, chance = card["burden"].value, card["chance"].value
    if not rate or not 0 < chance < 1:
        return [(0.0, 0.0)]
    reach = -np.log(1 - chance) / rate  # of one look-back that would give the same
    return [(float(x), float(1 - np.exp(-x * reach))) for x in np.linspace(0, 2 * FAR, 49)]


def _numbers(setting: Setting, lines: Sequence[Line]) -> Table:
    rows = []
    for line in lines:
        if line.alone:
            burden, found = line.points[0]
            rows.append((f"{line.name}: {burden:.1f}", *("" for _ in BURDENS[:-1]), f"{found:.2f}"))
            continue
        across = np.array([x for x, _ in line.points])
        up = np.array([y for _, y in line.points])
        cells = [
            f"{float(np.interp(burden, across, up)):.2f}"
            if across.min() <= burden <= across.max()
            else "-"
            for burden in BURDENS
        ]
        rows.append((line.name, *cells))
    return Table(
        f"Sensitivity at so many alert episodes a patient-year, {setting.name}",
        ("way of alerting", *(f"{burden:g}" for burden in BURDENS)),
        rows,
    )


def _file(name: str) -> str:
    return name.replace(" ", "-").lower()


def kinds_section(found: Results) -> Section:
    """Return what became of each kind of event."""
    setting = found.settings[found.pooled]
    ways = list(setting.kinds[0][3]) if setting.kinds else []
    rows = [
        (kind.replace("_", " "), str(events), str(could), *(str(by[way]) for way in ways))
        for kind, events, could, by in setting.kinds
    ]
    point = THREE if found.main != RULES else AS_IT_IS
    headings = ("event", "recorded", "readable", *(f"found by {way}" for way in ways))
    return Section(
        "Which events",
        (
            Words(
                "A fall is told of by a detector as it happens, where there is one; a mistaken"
                " record has nothing behind it and can only be found by chance."
            ),
            Table(f"Events by kind, {setting.name}, {point}; rules as they run", headings, rows),
        ),
    )


def reds_section(found: Results) -> tuple[Section, ...]:
    """Return what carries the burden of RED, where rules were judged."""
    if not found.reds:
        return ()
    words = (
        "Each rule as if nothing else had spoken. A RED pages at once. Where it rests on one"
        " reading and a normal repeat follows within the minutes that the policy allows, before"
        " anybody acted, it steps down to AMBER, here as live: it was told, and did not stand."
        " Ways that count RED alone count what stood."
    )
    table = Table(f"RED by rule, {found.pooled}", HEADINGS_OF_REDS, rows_of_reds(found.reds))
    return (Section("RED, rule by rule", (Words(words), table)),)
