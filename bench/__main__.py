"""`make bench`: every benchmark, and the machine it ran on.

Absolute figures move by a factor of two from hour to hour on shared machines; the ratios
within one run are what counts.
"""

from __future__ import annotations

import os
import platform

from bench import ingest, replay


def main() -> None:
    """Print the machine, then each benchmark's medians."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    print(f"{platform.machine()}, {cores} cores, CPython {platform.python_version()}")
    replay.main()
    ingest.main()


main()
