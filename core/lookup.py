"""Asking a name server in a limited time: the system's own lookup knows no limit (FT-24)."""

from __future__ import annotations

import socket
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def resolve(host: str, port: int) -> list[str]:
    """Return every address that a name stands for at this moment."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def within(seconds: float, ask: Callable[[], T]) -> T | None:
    """Return what a name server answers, or None where it does not in time.

    Raises what asking raised.
    """
    answers: SimpleQueue[T | OSError | ValueError] = SimpleQueue()

    def run() -> None:
        try:
            answers.put(ask())
        except (OSError, ValueError) as error:  # a name that cannot be encoded is a ValueError
            answers.put(error)

    Thread(target=run, daemon=True).start()
    try:
        answer = answers.get(timeout=max(0.0, seconds))
    except Empty:
        return None
    if isinstance(answer, OSError | ValueError):
        raise answer
    return answer
