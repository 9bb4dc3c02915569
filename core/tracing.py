"""One opaque id from a request to the message that comes of it, through rows and logs.

It is made here, or taken from a caller whose id is as opaque as ours: what could be a record
number is not taken, for it would stand in every log (SEC-20).
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING
from uuid import uuid4

from structlog.contextvars import bound_contextvars

if TYPE_CHECKING:
    from collections.abc import Iterator

_TRACE: ContextVar[str] = ContextVar("trace", default="")
_OPAQUE = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")


def taken(said: str) -> str:
    """Return the id that a caller gave where it is a UUID, else one of ours."""
    found = said.strip().lower()
    return found.replace("-", "") if _OPAQUE.fullmatch(found) else uuid4().hex


def current() -> str:
    """Return the id under which this is done; empty where there is none."""
    return _TRACE.get()


@contextmanager
def traced(trace: str) -> Iterator[None]:
    """Do what follows under an id, which every line of the log then bears."""
    token = _TRACE.set(trace)
    try:
        with bound_contextvars(trace=trace):
            yield
    finally:
        _TRACE.reset(token)
