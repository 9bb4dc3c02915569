"""A database whose host says nothing any more is given up in seconds, not in minutes."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pytest

from core.database import Database
from tests.faults.cutting_proxy import cutting_proxy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.embedded import Servers


@pytest.fixture
def by_tcp(embedded: Servers) -> Iterator[str]:
    with cutting_proxy(embedded.database_url) as proxy:
        yield proxy.database_url


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="of Linux")
def test_no_connection_waits_long_for_a_host_that_is_gone(by_tcp: str) -> None:
    database = Database(by_tcp, pool_size=1)
    with database.engine.connect() as connection:
        held = connection.connection.driver_connection
        assert held is not None
        with socket.socket(fileno=os.dup(held.fileno())) as line:
            sent = line.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
            watched = line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            silent = line.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE)
        said = held.info.get_parameters()
    database.close()

    assert 0 < int(said["connect_timeout"]) <= 10
    assert 0 < sent <= 30_000
    assert (bool(watched), silent <= 30) == (True, True)


def test_an_address_may_say_its_own_patience(by_tcp: str) -> None:
    database = Database(f"{by_tcp}&connect_timeout=7", pool_size=1)
    with database.engine.connect() as connection:
        held = connection.connection.driver_connection
        assert held is not None
        said = held.info.get_parameters()
    database.close()

    assert (said["connect_timeout"], said["keepalives_idle"]) == ("7", "10")
