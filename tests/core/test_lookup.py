"""A name server that is away or hangs holds up no request, and refuses no address."""

from __future__ import annotations

import socket
import threading
from time import monotonic, sleep
from typing import TYPE_CHECKING

import pytest

from core.errors import InvalidError
from core.outward import Outward, OutwardError

if TYPE_CHECKING:
    from collections.abc import Callable


def unknown(_host: str, _port: int) -> list[str]:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def nothing(_host: str, _port: int) -> list[str]:
    return []


def not_encodable(_host: str, _port: int) -> list[str]:
    raise UnicodeError("label too long")


@pytest.mark.parametrize("resolver", [unknown, not_encodable, nothing])
def test_a_name_that_is_not_known_breaks_no_rule_of_where_we_may_send_sec_34(
    resolver: Callable[[str, int], list[str]],
) -> None:
    ways = Outward(resolver=resolver)

    with pytest.raises(OutwardError, match="unresolved"):
        ways.send("POST", "https://hook.example/", headers={})
    with pytest.raises(InvalidError, match="not known"):
        ways.check("https://hook.example/")


def test_looking_up_a_name_is_counted_in_the_time_of_a_request_ft_24() -> None:
    over, began = threading.Event(), monotonic()

    def silent(_host: str, _port: int) -> list[str]:
        over.wait(20)
        return ["93.184.216.34"]

    ways = Outward(resolver=silent, seconds=0.3)
    with pytest.raises(OutwardError, match="too-slow"):
        ways.send("POST", "https://hook.example/", headers={})
    with pytest.raises(InvalidError, match="not known"):
        ways.check("https://hook.example/")
    over.set()

    assert monotonic() - began < 3


def test_what_looking_up_took_is_not_given_to_the_answer_again_ft_24() -> None:
    began = monotonic()

    def slow(_host: str, _port: int) -> list[str]:
        sleep(0.8)
        return ["127.0.0.1"]

    with socket.create_server(("127.0.0.1", 0)) as silent:
        ways = Outward(plain_loopback=True, resolver=slow, seconds=1.0)
        with pytest.raises(OutwardError, match="too-slow"):
            ways.send("POST", f"http://hook.example:{silent.getsockname()[1]}/", headers={})

    assert monotonic() - began < 1.7
