"""`make bench`: every benchmark, or one (`make bench ARGS="ingest --rows 1e6"`), and the machine.

Absolute figures move by a factor of two from hour to hour on shared machines; the ratios
within one run are what counts.
"""

from __future__ import annotations

import os
import platform
import sys

from bench import (
    assess,
    bulk,
    inbox,
    ingest,
    quality,
    replay,
    report,
    response,
    score,
    search,
    sign_in,
    strangers,
    wall,
)

BENCHES = {
    "replay": replay.main,
    "assess": assess.main,
    "ingest": ingest.main,
    "search": search.main,
    "bulk": bulk.main,
    "response": response.main,
    "inbox": inbox.main,
    "quality": quality.main,
    "report": report.main,
    "sign-in": sign_in.main,
    "strangers": strangers.main,
    "score": score.main,
    "wall": wall.main,
}


def main(arguments: list[str]) -> None:
    """Print the machine, then each benchmark's medians."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    print(f"{platform.machine()}, {cores} cores, CPython {platform.python_version()}")
    for name, bench in BENCHES.items():
        if not arguments or arguments[0] == name:
            bench(arguments[1:])


main(sys.argv[1:])
