"""A broker proves who it is before it is told anything, and is never believed unasked (SEC-30).

The embedded Valkey, behind a real TLS listener with a certificate of a CA of the test's own.
"""

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import trustme
from kombu.connection import Connection
from kombu.exceptions import ContentDisallowed

from app.worker import broker_answers, make_celery

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.embedded import Servers


def pipe(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass
    finally:
        for each in (source, sink):
            each.close()


def serve(listener: socket.socket, context: ssl.SSLContext, port: int) -> None:
    while True:
        try:
            plain, _ = listener.accept()
        except OSError:
            return
        try:
            near = context.wrap_socket(plain, server_side=True)
        except OSError:  # the other side does not believe us, and leaves
            plain.close()
            continue
        far = socket.create_connection(("127.0.0.1", port))
        for pair in ((near, far), (far, near)):
            threading.Thread(target=pipe, args=pair, daemon=True).start()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module", params=["127.0.0.1", "broker.elsewhere.example"])
def listening(
    request: pytest.FixtureRequest, authority: trustme.CA, embedded: Servers
) -> Iterator[tuple[str, int]]:
    """Yield the name in the certificate and the port."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(request.param).configure_cert(context)
    port = urlsplit(embedded.broker_url).port
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        threading.Thread(target=serve, args=(listener, context, port), daemon=True).start()
        yield request.param, listener.getsockname()[1]


def test_a_broker_without_a_certificate_that_we_believe_is_not_spoken_to_sec_30(
    listening: tuple[str, int], authority: trustme.CA, tmp_path: Path
) -> None:
    name, port = listening
    ours = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(ours)
    address = f"rediss://127.0.0.1:{port}/0"

    assert not broker_answers(address)
    assert broker_answers(f"{address}?ssl_ca_certs={ours}") is (name == "127.0.0.1")


def test_a_pickle_message_is_not_executed_sec_30(embedded: Servers, tmp_path: Path) -> None:
    """Whoever can write into a queue gets no code run: the worker takes JSON and nothing else."""
    mark = tmp_path / "executed"
    celery = make_celery(embedded.broker_url)
    queue = f"hostile-{uuid4().hex}"
    refused: list[Exception] = []

    def note(message: Any, error: Exception) -> None:
        refused.append(error)
        message.ack()

    class Hostile:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(mark),)

    connect: Any = Connection  # kombu types some of its code and not this
    with connect(embedded.broker_url) as sender:
        sender.SimpleQueue(queue, serializer="pickle").put(Hostile())

    with celery.connection_for_read() as reader:
        consumer = reader.Consumer(
            reader.SimpleQueue(queue).queue,
            accept=celery.conf.accept_content,
            callbacks=[lambda *_: None],
            on_decode_error=note,
        )
        with consumer:
            deadline = time.monotonic() + 10
            while not refused and time.monotonic() < deadline:
                reader.drain_events(timeout=5)

    assert isinstance(refused[0], ContentDisallowed)
    assert not mark.exists()
