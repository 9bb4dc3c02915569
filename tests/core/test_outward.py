from __future__ import annotations

import socket
import ssl
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_network
from typing import TYPE_CHECKING

import pytest
import trustme
from pydantic import ValidationError

from core.errors import InvalidError
from core.outward import Outward, OutwardError
from core.settings import Environment, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PUBLIC = "93.184.216.34"


def stands_for(*addresses: str) -> Callable[[str, int], list[str]]:
    return lambda _host, _port: list(addresses)


OUTSIDE = Outward(resolver=stands_for(PUBLIC))


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://127.1.2.3/",
        "https://[::1]/",
        "https://0/",
        "https://0.0.0.0/",
        "https://[::]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[fe80::1]/",
        "https://[fd00::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:a9fe:a9fe]/",
        "https://[::127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://10.0.0.1/",
        "https://172.16.0.1/",
        "https://192.168.1.1/",
        "https://100.64.0.1/",
        "https://224.0.0.1/",
        "https://255.255.255.255/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.1/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://localhost/",
    ],
)
def test_nothing_inside_is_reached_however_it_is_written_sec_34(url: str) -> None:
    with pytest.raises(InvalidError):
        Outward().check(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "no url",
        "example.org/hook",
        "//example.org/hook",
        "http://example.org/hook",
        "ftp://example.org/hook",
        "file:///etc/passwd",
        "https://",
        "https:///hook",
        "https://user@example.org/hook",
        "https://user:word@example.org/hook",
        "https://@example.org/hook",
        "https://example.org:22/hook",
        "https://example.org:70000/hook",
        "https://example.org:port/hook",
        "https://example.org/hook#part",
        "https://example.org\\@inside/hook",
        "https://example.org/a b",
        "https://example.org/\r\nX: y",
        "https://exämple.org/hook",
        "https://ex%61mple.org/hook",
        "https://[::1%25lo]/hook",
        "https://0x7f000001/hook",
        "https://one.2130706433/hook",
        "https://example.org/" + "a" * 2000,
    ],
)
def test_what_is_not_one_plain_https_address_is_refused_sec_34(url: str) -> None:
    with pytest.raises(InvalidError) as refused:
        OUTSIDE.check(url)

    assert not url or url not in refused.value.message


def test_a_name_is_refused_when_one_of_its_addresses_is_inside_sec_34() -> None:
    with pytest.raises(InvalidError):
        Outward(resolver=stands_for(PUBLIC, "10.0.0.7")).check("https://both.example/")


def test_a_network_on_the_allow_list_is_reached_over_https_only_sec_34() -> None:
    ways = Outward(allowed=[ip_network("10.2.0.0/16")], resolver=stands_for("10.2.3.4"))

    assert ways.check("https://ehr.clinic.example:8443/hook?x=1") == (
        True,
        "ehr.clinic.example",
        8443,
        "/hook?x=1",
        "10.2.3.4",
    )
    with pytest.raises(InvalidError, match="https"):
        ways.check("http://ehr.clinic.example/hook")


def test_a_name_that_turns_inside_after_the_check_is_not_followed_sec_34() -> None:
    answers = iter([[PUBLIC], ["127.0.0.1"]])
    ways = Outward(resolver=lambda _host, _port: next(answers))
    ways.check("https://turns.example/")

    with pytest.raises(InvalidError):
        ways.send("POST", "https://turns.example/", headers={})


def test_plain_loopback_is_for_demonstration_and_test_by_setting_only_sec_34() -> None:
    for_test = Settings(environment=Environment.TEST, outbound_loopback=True)
    ordinary = Settings(environment=Environment.DEVELOPMENT, outbound_loopback=True)

    assert Outward.of(for_test).check("http://127.0.0.1:9/hook").address == "127.0.0.1"
    for ways in (Outward.of(ordinary), Outward.of(Settings(environment=Environment.TEST))):
        with pytest.raises(InvalidError):
            ways.check("http://127.0.0.1:9/hook")
    with pytest.raises(InvalidError):
        Outward(plain_loopback=True, resolver=stands_for("10.0.0.1")).check("http://x.example/")


def test_networks_that_are_none_are_refused_at_the_start() -> None:
    with pytest.raises(ValidationError):
        Settings(environment=Environment.TEST, outbound_allow="10.0.0.0/8,everywhere")


# --- what really goes over the wire ------------------------------------------------------


class Receiver(BaseHTTPRequestHandler):
    """Notes which host was asked for, and answers by path."""

    seen: list[str]

    def do_POST(self) -> None:
        self.seen.append(f"{self.path} {self.headers['Host']}")
        self.send_response(302 if self.path == "/moved" else 200)
        if self.path == "/moved":
            self.send_header("Location", "/inside")
        self.end_headers()
        self.wfile.write(b"x" * (2000 if self.path == "/long" else 2))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the library's name)
        del format, args


@contextmanager
def receiving(secure: ssl.SSLContext | None = None) -> Iterator[tuple[int, list[str]]]:
    seen: list[str] = []
    handler = type("Noting", (Receiver,), {"seen": seen})
    server = HTTPServer(("127.0.0.1", 0), handler)
    if secure:
        server.socket = secure.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server.server_port, seen
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_redirect_is_handed_back_and_never_followed_sec_34() -> None:
    with receiving() as (port, seen):
        ways = Outward(plain_loopback=True)

        answer = ways.send("POST", f"http://127.0.0.1:{port}/moved", headers={}, body=b"{}")

    assert answer.status == 302
    assert seen == [f"/moved 127.0.0.1:{port}"]


def test_an_answer_is_read_up_to_a_limit_sec_34() -> None:
    with receiving() as (port, _), pytest.raises(OutwardError, match="too-long"):
        Outward(plain_loopback=True, longest=1000).send(
            "POST", f"http://127.0.0.1:{port}/long", headers={}, body=b"{}"
        )


def test_whoever_drips_an_answer_is_cut_off_sec_34() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        stop = threading.Event()

        def drip() -> None:
            held, _ = server.accept()
            with held:
                while not stop.wait(0.02):
                    try:
                        held.sendall(b"H")
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            with pytest.raises(OutwardError, match="too-slow"):
                Outward(plain_loopback=True, seconds=0.3).send(
                    "POST", f"http://127.0.0.1:{server.getsockname()[1]}/", headers={}
                )
        finally:
            stop.set()
            thread.join()


def test_nobody_listening_is_a_code_and_no_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    with pytest.raises(OutwardError) as failed:
        Outward(plain_loopback=True).send("POST", f"http://127.0.0.1:{port}/", headers={})

    assert failed.value.code == "unreachable"


def test_the_checked_address_is_called_under_the_name_that_was_asked_for_sec_34() -> None:
    authority = trustme.CA()
    server, client = (ssl.SSLContext(p) for p in (ssl.PROTOCOL_TLS_SERVER, ssl.PROTOCOL_TLS_CLIENT))
    authority.issue_cert("hook.example").configure_cert(server)
    authority.configure_trust(client)
    with receiving(server) as (port, seen):
        ways = Outward(plain_loopback=True, resolver=stands_for("127.0.0.1"), trust=client)

        answer = ways.send("POST", f"https://hook.example:{port}/ok", headers={}, body=b"{}")
        with pytest.raises(OutwardError, match="untrusted"):
            ways.send("POST", f"https://other.example:{port}/ok", headers={}, body=b"{}")

    assert answer.status == 200
    assert seen == [f"/ok hook.example:{port}"]
