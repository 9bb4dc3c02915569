"""A page for paper as a PDF, by a process of its own for each.

The typesetter is slow, takes memory and needs libraries of the system. What asks for a PDF stays
quick and small, and a page that cannot be set harms nobody else.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from app.weekly_forms.press import WITHOUT_PANGO
from core.errors import OverloadedError, UnequippedError
from core.logging import logger

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logger(__name__)
STATIC = Path(__file__).parent.parent / "static"
FONTS_CONF = Path(__file__).parent.parent / "assets" / "fonts.conf"
PANGO = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"  # as Debian calls it
AT_ONCE = 2  # in one process of ours: each takes a processor and a quarter of a gigabyte
IN_LINE = 4  # who waits for a turn holds a thread that answers other people
PATIENCE = 20.0  # seconds for one's turn
LONGEST = 150.0  # seconds for one PDF
KEPT = ("PATH", "LANG", "LC_ALL", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
_turns = threading.BoundedSemaphore(AT_ONCE)
_line = threading.BoundedSemaphore(AT_ONCE + IN_LINE)


class PressError(RuntimeError):
    """The page could not be set."""


def pdf(page: str, *, static: Path = STATIC) -> bytes:
    """Return the PDF of a page for paper.

    Raises
    ------
    UnequippedError
        Where the system lacks what it is set with; it names the packages.
    OverloadedError
        Where others have had their pages set for too long.
    """
    with _turn():
        done = _pressed(page, static)
        if done.returncode == -signal.SIGSEGV:  # a library of the system fell: rare, by chance
            log.warning("the typesetter crashed: once more")
            done = _pressed(page, static)
    if done.returncode == WITHOUT_PANGO:
        raise UnequippedError(
            "this server cannot make a PDF: it lacks the Debian packages {packages}",
            facts={"packages": PANGO},
        )
    if done.returncode or not done.stdout:
        # What it says may quote the page: only its last line's class is told (SEC-22).
        fault = done.stderr.decode(errors="replace").strip().rpartition("\n")[2].partition(":")[0]
        log.error("a page could not be set", code=done.returncode, fault=fault[:80])
        raise PressError("the page could not be set")
    return done.stdout


def _pressed(page: str, static: Path) -> subprocess.CompletedProcess[bytes]:
    with TemporaryDirectory(prefix="wardlight-press-") as folder:
        return subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "app.weekly_forms.press", str(static)],
            input=page.encode(),
            capture_output=True,
            env=_surroundings() | {"TMPDIR": folder},
            timeout=LONGEST,
            check=False,
        )


@contextmanager
def _turn() -> Iterator[None]:
    if not _line.acquire(blocking=False):
        raise _busy()
    try:
        if not _turns.acquire(timeout=PATIENCE):
            raise _busy()
        try:
            yield
        finally:
            _turns.release()
    finally:
        _line.release()


def _busy() -> OverloadedError:
    return OverloadedError("other reports are being printed: try again in a minute", after=60)


def _surroundings() -> dict[str, str]:
    """Return an environment without our secrets, in which no font is known but ours."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return kept | {"FONTCONFIG_FILE": str(FONTS_CONF)}
