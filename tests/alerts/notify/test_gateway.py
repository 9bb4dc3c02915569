from __future__ import annotations

import json
import socket
import ssl
import threading
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
import trustme
from standardwebhooks import Webhook

from alerts.notify import gateway as gateways
from alerts.notify.failure import DeliveryError, retry_after
from alerts.notify.gateway import Gateway, Kind
from core.clock import utc_now
from core.outward import Outward
from core.signing import secret_from
from tests.provider import LOOPBACK, Fault, Provider, Reply, provider

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

OLD, NEW = secret_from(b"o" * 32), secret_from(b"n" * 32)
MESSAGE = UUID(int=7)
TO = "+491700000001"


@pytest.fixture(scope="module")
def server() -> Iterator[Provider]:
    with provider() as running:
        yield running


@pytest.fixture
def sms(server: Provider) -> Gateway:
    server.came.clear()
    server.script.clear()
    return Gateway(Kind.SMS, server.url, (NEW, OLD), LOOPBACK, "https://ward.example/receipts/sms")


def send(gateway: Gateway, text: str = "안녕") -> str:
    return gateway.send(TO, text, delivery_id=MESSAGE, now=utc_now())


def failure(gateway: Gateway) -> DeliveryError:
    with pytest.raises(DeliveryError) as raised:
        send(gateway)
    return raised.value


def test_what_is_posted_is_what_the_contract_says_and_no_more_sec_23(
    sms: Gateway, server: Provider
) -> None:
    server.script = [Reply(body=b'{"reference": "p-1"}')]

    reference = send(sms)

    (post,) = server.came
    assert reference == "p-1"
    assert post.said == {
        "id": str(MESSAGE),
        "to": TO,
        "text": "안녕",
        "receipts": "https://ward.example/receipts/sms",
    }
    assert post.headers["idempotency-key"] == str(MESSAGE)
    assert post.headers["content-type"] == "application/json"


def test_an_independent_library_verifies_it_by_either_secret_sec_35(
    sms: Gateway, server: Provider
) -> None:
    send(sms)

    (post,) = server.came
    for secret in (OLD, NEW):
        assert Webhook(secret).verify(post.body, post.headers)["id"] == str(MESSAGE)


def test_every_try_of_one_message_carries_one_id_rel_12(sms: Gateway, server: Provider) -> None:
    server.script = [Reply(500), Fault.DROPS, Reply(202)]

    codes = [failure(sms).code, failure(sms).code, send(sms)]

    assert codes == ["http-500", "unreachable", ""]
    ids = {(p.headers["idempotency-key"], p.headers["webhook-id"], p.body) for p in server.came}
    assert len(server.came) == 3
    assert len(ids) == 1


@pytest.mark.parametrize("status", [200, 201, 202, 204, 409])
def test_it_is_taken_where_the_gateway_says_so_or_has_it_already(
    sms: Gateway, server: Provider, status: int
) -> None:
    server.script = [Reply(status)]

    assert send(sms) == ""


@pytest.mark.parametrize(
    ("reply", "code", "gone", "provider_fault"),
    [
        (Reply(400), "http-400", False, False),
        (Reply(401), "http-401", False, True),
        (Reply(410), "gone", True, False),
        (Reply(422, body=b'{"code": "unknown-recipient"}'), "unknown-recipient", True, False),
        (Reply(400, body=b'{"code": "opted-out"}'), "opted-out", True, False),
        (Reply(422, body=b'{"code": "CANARY"}'), "http-422", False, False),
        (Reply(429), "http-429", False, True),
        (Reply(500, body=b"[" * 100_000), "http-500", False, True),
        (Reply(302, {"Location": "http://127.0.0.1/"}), "http-302", False, False),
    ],
    ids=lambda value: str(value.status) if isinstance(value, Reply) else str(value),
)
def test_a_refusal_says_whether_the_address_or_the_provider_is_at_fault_ft_24(
    sms: Gateway, server: Provider, reply: Reply, code: str, *, gone: bool, provider_fault: bool
) -> None:
    server.script = [reply]

    found = failure(sms)

    assert (found.code, found.gone, found.provider) == (code, gone, provider_fault)


@pytest.mark.parametrize("fault", [Fault.HANGS, Fault.DRIPS])
def test_one_that_hangs_is_left_after_its_time_ft_24(
    sms: Gateway, server: Provider, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateways, "TIMEOUT_SECONDS", 0.3)
    server.script = [fault]
    began = utc_now()

    found = failure(sms)

    assert (found.code, found.provider) == ("too-slow", True)
    assert utc_now() - began < timedelta(seconds=2)


def test_a_certificate_that_nobody_vouches_for_is_sent_nothing_ft_24() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with provider(context) as server:
        found = failure(Gateway(Kind.CHAT, server.url, (NEW,), LOOPBACK))

    assert (found.code, found.provider, server.came) == ("untrusted", True, [])


def test_a_gateway_inside_our_own_network_is_refused_where_it_is_not_allowed_sec_34(
    sms: Gateway, server: Provider
) -> None:
    found = failure(replace(sms, outward=Outward()))

    assert (found.code, server.came) == ("address-refused", [])


@pytest.mark.parametrize(("seconds", "code"), [(0, "unresolved"), (20, "too-slow")])
def test_a_name_server_that_fails_or_hangs_is_a_fault_of_the_provider_ft_24(
    sms: Gateway, seconds: int, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The alert's row is locked meanwhile, and the circuit is there to spare it the next wait."""
    monkeypatch.setattr(gateways, "TIMEOUT_SECONDS", 0.3)
    over, began = threading.Event(), utc_now()

    def away(_host: str, _port: int) -> list[str]:
        over.wait(seconds)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    found = failure(replace(sms, url="https://sms.example/", outward=Outward(resolver=away)))
    over.set()

    assert (found.code, found.provider) == (code, True)
    assert utc_now() - began < timedelta(seconds=2)


@pytest.mark.parametrize("status", [429, 503])
def test_a_wait_that_a_gateway_asks_for_is_kept_ft_24(
    sms: Gateway, server: Provider, status: int
) -> None:
    server.script = [Reply(status, {"Retry-After": "120"})]

    assert failure(sms).wait == timedelta(seconds=120)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        ("Tue, 10 Mar 2026 09:02:00 GMT", 120),
        ("Tue, 10 Mar 2026 08:00:00 GMT", 0),
        ("999999999", 86_400),
    ],
)
def test_a_wait_is_seconds_or_a_date_and_at_most_a_day(
    said: str, seconds: int, now: datetime
) -> None:
    assert retry_after(said, now=now) == timedelta(seconds=seconds)


@pytest.mark.parametrize("said", ["", "soon", "-5", "1.5", "٣", "Tue, 99 Mar 2026 08:00:00 GMT"])
def test_a_wait_that_cannot_be_read_is_none(said: str, now: datetime) -> None:
    assert retry_after(said, now=now) is None


def test_its_secret_is_not_in_what_a_log_would_print_sec_29(sms: Gateway) -> None:
    assert "whsec_" not in repr(sms)


def test_an_answer_that_is_no_object_has_no_reference(sms: Gateway, server: Provider) -> None:
    server.script = [Reply(body=json.dumps(["p-1"]).encode()), Reply(body=b'{"reference": 7}')]

    assert [send(sms), send(sms)] == ["", ""]
