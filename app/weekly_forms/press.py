"""`python -m app.weekly_forms.press`: a page comes in, a PDF goes out, and the process ends.

It has no network, no database and no secret, and holds no more memory than it is given; what it
does not come to an end with, it does not keep others waiting for (`app.weekly_forms.pdf`).
"""

from __future__ import annotations

import gc
import os
import resource
import sys
from importlib import import_module
from pathlib import Path

NICER = 5
MOST_MEMORY = 1 << 30  # bytes; a report of 200 people holds about a quarter (E)
MOST_SECONDS = 120  # of the processor
WITHOUT_PANGO = 3  # the exit code that says it


def main() -> int:
    """Set the page of standard input as a PDF to standard output."""
    gc.disable()  # it lives for a second; what belongs to C is not taken apart in any order
    out = os.dup(1)
    os.dup2(2, 1)  # what a library says goes where it cannot spoil the PDF
    os.nice(NICER)
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    try:
        # By name: where the system lacks Pango, importing it fails, and that is said.
        typesetting = import_module("app.weekly_forms.typesetting")
    except OSError:
        return WITHOUT_PANGO
    static = Path(sys.argv[1])
    printed = typesetting.typeset(sys.stdin.buffer.read().decode(), static)
    with os.fdopen(out, "wb") as file:
        file.write(printed)
    return 0


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    os._exit(code)  # nor at the end: libraries of the system have been seen to fall over it
