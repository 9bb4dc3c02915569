"""A mail server that fails in each way is left in time, and what it took is not sent twice."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from alerts.notify import email
from alerts.notify.email import Mailer, Notice
from alerts.notify.failure import DeliveryError
from core.clock import utc_now
from core.vitals import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOTICE = Notice(
    UUID(int=7),
    "a1b2c3d4e5",
    Severity.RED,
    datetime(2026, 3, 10, 9, 0, tzinfo=UTC),
    "https://ward.example.org/n/a1b2c3d4e5",
)
TAKEN = {b"EHLO": b"250 ward", b"MAIL": b"250 ok", b"RCPT": b"250 ok", b"DATA": b"354 go on"}


@contextmanager
def server(talk: Callable[[socket.socket, threading.Event], None]) -> Iterator[Mailer]:
    """Answer one connection as `talk` does."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            line, _ = listening.accept()
            with line:
                talk(line, over)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield Mailer("127.0.0.1", listening.getsockname()[1], "w@ward.example")
        over.set()
        thread.join(5)


def conversation(line: socket.socket, answers: dict[bytes, bytes], *, end: bytes | None) -> None:
    """Greet, answer each command, and end the data with `end`; None closes the connection."""
    line.sendall(b"220 ward\r\n")
    with line.makefile("rb") as reading:
        for command in reading:
            verb = command[:4].upper()
            line.sendall(answers.get(verb, b"250 ok") + b"\r\n")
            if verb != b"DATA" or not answers[b"DATA"].startswith(b"354"):
                continue
            while reading.readline() not in (b".\r\n", b""):
                pass
            if end is None:
                return
            line.sendall(end + b"\r\n")
            if end == b"250 taken":
                return  # before the farewell


def hangs(_: socket.socket, over: threading.Event) -> None:
    over.wait(20)


def drips(line: socket.socket, over: threading.Event) -> None:
    while not over.wait(0.1):
        try:
            line.sendall(b"220-still here\r\n")
        except OSError:
            return


@pytest.mark.parametrize("talk", [hangs, drips])
def test_a_server_that_hangs_or_drips_is_left_after_its_time_ft_24(
    talk: Callable[[socket.socket, threading.Event], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(email, "TIMEOUT_SECONDS", 0.5)
    began = utc_now()

    with server(talk) as mailer, pytest.raises(DeliveryError) as failure:
        mailer.send("a@example.org", NOTICE)

    assert (failure.value.code, failure.value.provider) == ("too-slow", True)
    assert (utc_now() - began).total_seconds() < 3


def test_a_server_that_takes_it_and_then_hangs_up_has_taken_it_ft_24() -> None:
    with server(lambda line, _: conversation(line, TAKEN, end=b"250 taken")) as mailer:
        mailer.send("a@example.org", NOTICE)


def test_a_server_that_hangs_up_before_it_says_so_has_not_taken_it_ft_24() -> None:
    with (
        server(lambda line, _: conversation(line, TAKEN, end=None)) as mailer,
        pytest.raises(DeliveryError) as failure,
    ):
        mailer.send("a@example.org", NOTICE)

    assert (failure.value.gone, failure.value.provider) == (False, True)


@pytest.mark.parametrize(
    ("answer", "code", "gone"),
    [
        (b"550 5.1.1 no such user", "smtp-550", True),
        (b"550 5.7.1 relaying denied", "smtp-550", False),
        (b"550 no", "smtp-550", False),
        (b"452 4.2.2 mailbox full", "smtp-452", False),
    ],
)
def test_a_mailbox_that_does_not_exist_is_told_from_every_other_refusal_ft_24(
    answer: bytes, code: str, *, gone: bool
) -> None:
    answers = TAKEN | {b"RCPT": answer}
    with (
        server(lambda line, _: conversation(line, answers, end=None)) as mailer,
        pytest.raises(DeliveryError) as failure,
    ):
        mailer.send("a@example.org", NOTICE)

    said = failure.value
    assert (said.code, said.gone, said.provider) == (code, gone, False)
