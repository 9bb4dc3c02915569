"""A mail server that fails in each way is left in time, and what it took is not sent twice."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from dataclasses import replace
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


def drips_its_certificate(line: socket.socket, over: threading.Event) -> None:
    """Greet late, offer encryption, and then send the first record of it a byte at a time."""
    over.wait(1.5)
    line.sendall(b"220 ward\r\n")
    with line.makefile("rb") as reading:
        for command in reading:
            starts = command.startswith(b"STARTTLS")
            line.sendall(b"220 go on\r\n" if starts else b"250-ward\r\n250 STARTTLS\r\n")
            if starts:
                break
        line.sendall(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc")
        while not over.wait(0.1):
            try:
                line.sendall(b"\x00")
            except OSError:
                return


def test_a_server_that_drips_its_certificate_is_left_after_its_time_ft_24(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(email, "TIMEOUT_SECONDS", 2.0)
    began = utc_now()

    with server(drips_its_certificate) as mailer, pytest.raises(DeliveryError) as failure:
        replace(mailer, starttls=True).send("a@example.org", NOTICE)

    assert failure.value.code == "too-slow"
    assert (utc_now() - began).total_seconds() < 3


def test_a_name_that_nobody_looks_up_is_given_up_after_its_time_ft_24(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(email, "TIMEOUT_SECONDS", 0.3)
    over, began = threading.Event(), utc_now()

    def silent(_host: str, _port: int) -> list[str]:
        over.wait(20)
        return ["127.0.0.1"]

    with pytest.raises(DeliveryError) as failure:
        Mailer("mail.example", 25, "w@ward.example", resolver=silent).send("a@example.org", NOTICE)
    over.set()

    assert failure.value.code == "too-slow"
    assert (utc_now() - began).total_seconds() < 3


def test_an_address_that_does_not_answer_leaves_time_for_the_next_one_ft_24() -> None:
    with (
        server(lambda line, _: conversation(line, TAKEN, end=b"250 taken")) as mailer,
        socket.create_server(("127.0.0.2", mailer.port), backlog=0) as full,
        socket.create_connection(full.getsockname()),  # nobody accepts it: the next one waits
    ):
        addresses = ["127.0.0.2", "127.0.0.1"]
        began = utc_now()

        replace(mailer, resolver=lambda *_: addresses).send("a@example.org", NOTICE)

    assert 1 < (utc_now() - began).total_seconds() < email.TIMEOUT_SECONDS


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
