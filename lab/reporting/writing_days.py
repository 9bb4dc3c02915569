"""The section on the score as a forecast: ranking, calibration, and whether acting on it helps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.reporting.daily import SUSPECT, THRESHOLDS, suspected
from lab.reporting.document import Picture, Section, Table, Words
from lab.reporting.plots import Axes, Line, chart
from lab.reporting.ways import SCORE
from lab.reporting.wording import number

if TYPE_CHECKING:
    from lab.reporting.daily import Forecast
    from lab.reporting.results import Results, Setting

LEAST_SCALE = 0.02


def days_section(found: Results) -> Section:
    """Return day-level figures of every column, reliability and decision curves."""
    if all(not setting.forecasts for setting in found.settings.values()):
        return Section("Day by day", (Words("No score was judged in this run."),))
    pooled = found.settings[found.pooled]
    blocks: list[Words | Table | Picture] = [
        Words(
            "Each judged day is a forecast of a recorded event within 7 days; days within 14 of a"
            " recorded event are left out, as then the illness is known. Average precision"
            " (AUPRC) is read beside the share of days that an event follows, which is what it"
            " would be by chance."
        ),
        *_suspicion(found),
        _ranking(found),
        _calibration(found),
    ]
    if found.heads:
        blocks.append(_heads(found))
    if SCORE in pooled.forecasts:
        blocks += _reliability(pooled)
    blocks += _decision(pooled)
    return Section("Day by day: ranking, calibration, use", tuple(blocks))


def _suspicion(found: Results) -> list[Words]:
    high = suspected({name: setting.forecasts for name, setting in found.settings.items()})
    if not high:
        said = f"No AUROC lies above {SUSPECT:.2f}, above which leakage would be suspected."
        return [Words(said)]
    return [
        Words(
            f"AUROC above {SUSPECT:.2f}, taken as leakage until shown otherwise: "
            + "; ".join(high)
            + ".",
            strong=True,
        )
    ]


def _ranking(found: Results) -> Table:
    rows = [
        (
            f"{column}, {name}",
            number(each.figures["auroc"], 2),
            number(each.figures["auprc"], 3),
            number(each.figures["prevalence"], 3),
            f"{each.figures['days'].value:.0f}",
        )
        for name, setting in found.settings.items()
        for column, each in setting.forecasts.items()
    ]
    headings = ("column and world", "AUROC", "AUPRC", "days that an event follows", "days")
    return Table("Ranking of days", headings, rows)


def _calibration(found: Results) -> Table:
    rows = [
        (
            f"{column}, {name}",
            number(each.figures["slope"], 2),
            number(each.figures["intercept"], 2),
            number(each.figures["ece"], 3),
        )
        for name, setting in found.settings.items()
        for column, each in setting.forecasts.items()
        if "slope" in each.figures
    ]
    return Table(
        "Calibration (slope 1 and intercept 0 would be true)",
        ("column and world", "slope", "intercept", "ECE"),
        rows,
    )


def _heads(found: Results) -> Table:
    rows = [
        (
            name,
            number(each.figures["auroc"], 2),
            number(each.figures["auprc"], 3),
            number(each.figures["prevalence"], 3),
            number(each.figures["slope"], 2),
            number(each.figures["ece"], 3),
        )
        for name, each in found.heads.items()
    ]
    return Table(
        f"Every prediction of the model, {found.pooled}",
        ("what follows, within", "AUROC", "AUPRC", "days that it follows", "slope", "ECE"),
        rows,
    )


def _reliability(pooled: Setting) -> list[Picture | Table]:
    judged = {name: each for name, each in pooled.forecasts.items() if each.bins is not None}
    lines = [Line(name, _bins(each), main=name == SCORE) for name, each in judged.items()]
    most = max(max(x, y) for line in lines for x, y in line.points)
    reach = (0.0, max(most * 1.05, LEAST_SCALE))
    axes = Axes("foretold risk of 7 days", "share that an event followed", reach, reach)
    caption = f"Reliability, {pooled.name}; the dotted line is truth"
    rows = [
        (f"{name}, group {number_}", f"{x:.4f}", f"{y:.4f}", f"{count:.0f}")
        for name, each in judged.items()
        for number_, (x, y, count) in enumerate(_counted(each), start=1)
    ]
    return [
        Picture("reliability", caption, chart(caption, lines, axes, diagonal=True)),
        Table(
            "Foretold and seen, by groups of about as many days",
            ("column and group", "foretold", "seen", "days"),
            rows,
        ),
    ]


def _bins(each: Forecast) -> list[tuple[float, float]]:
    return [(x, y) for x, y, _ in _counted(each)]


def _counted(each: Forecast) -> list[tuple[float, float, float]]:
    if each.bins is None:
        return []
    triple = zip(each.bins.foretold, each.bins.seen, each.bins.rows, strict=True)
    return [(float(x), float(y), float(n)) for x, y, n in triple]


def _decision(pooled: Setting) -> list[Picture | Table]:
    curves = pooled.decisions
    lines = [
        Line(name, list(zip(THRESHOLDS, values, strict=True)), main=name == SCORE)
        for name, values in curves.items()
    ]
    most = max(max(values) for values in curves.values())
    low = -max(most, 0.002)
    axes = Axes(
        "threshold probability: the risk from which one would want to act",
        "net benefit per patient-day",
        (0.0, max(THRESHOLDS)),
        (low, max(most * 1.1, 0.002)),
    )
    caption = f"Decision curve, {pooled.name}: true alerts less false ones at the threshold's odds"
    rows = [(name, *(f"{value:+.4f}" for value in values)) for name, values in curves.items()]
    return [
        Picture("decision", caption, chart(caption, lines, axes)),
        Table(
            "Net benefit per patient-day by threshold probability",
            ("alert when", *(f"{100 * least:g} %" for least in THRESHOLDS)),
            rows,
        ),
    ]
