"""What a whole system needs for itself before it starts: its data folder and its port."""

from __future__ import annotations

import fcntl
import os
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

from core.errors import ConflictError, InvalidError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCK_FILE = "up.lock"


@contextmanager
def claimed(data: Path) -> Iterator[None]:
    """Hold the data folder for this process alone; the kernel lets go when it dies.

    Raises
    ------
    InvalidError
        Where the folder cannot be made or written.
    ConflictError
        Where another system runs on it: two would end each other's servers.
    """
    try:
        data.mkdir(parents=True, exist_ok=True)
        lock = (data / LOCK_FILE).open("a")
    except OSError as error:
        text = f"WARDLIGHT_DATA={data} cannot be written: {error.strerror}"
        raise InvalidError(text) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            text = f"another wardlight runs on {data}: stop it, or set WARDLIGHT_DATA"
            raise ConflictError(text) from error
        yield


def need_free(host: str, port: int) -> None:
    """Raise `ConflictError` where nothing can listen on this address."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        why = os.strerror(error.errno or 0)
        text = f"cannot listen on {host} port {port} ({why}): choose another --port"
        raise ConflictError(text) from error
