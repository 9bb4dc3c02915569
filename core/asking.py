"""From where a request came and with what parameters, for the audit and for nothing else.

Parameters may name people (SEC-24): they are kept sealed, beside the audit only (SEC-17).
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LONGEST = 4096  # characters of parameters that are kept


@dataclass(frozen=True, slots=True)
class Asking:
    """The network address of whoever asks, and the query of the request's address."""

    address: str = ""
    query: str = ""


_NOBODY = Asking()
_ASKING: ContextVar[Asking] = ContextVar("asking", default=_NOBODY)


@contextmanager
def asking(address: str, query: str) -> Iterator[None]:
    """Remember, for what is done inside, from where and with what it was asked."""
    token = _ASKING.set(Asking(address, query[:LONGEST]))
    try:
        yield
    finally:
        _ASKING.reset(token)


def asked() -> Asking:
    """Return from where and with what the present request came; nothing outside of one."""
    return _ASKING.get()


def query_of(pairs: Iterable[tuple[str, str]]) -> str:
    """Return parameters that came in a body, as they would stand in an address."""
    return urlencode(list(pairs))[:LONGEST]
