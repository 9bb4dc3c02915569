"""A browser is woken by its push service, which learns that it is us and nothing more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.utils import base64url_decode

from alerts.notify.failure import DeliveryError
from alerts.notify.push import Push, fresh_key, read_key
from core.clock import utc_now
from core.outward import Outward
from tests.provider import LOOPBACK, Provider, Reply, provider

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def service() -> Iterator[Provider]:
    with provider() as running:
        yield running


@pytest.fixture
def push(service: Provider) -> Push:
    service.came.clear()
    return Push(read_key(fresh_key()), "mailto:ops@ward.example", LOOPBACK)


def test_a_push_proves_who_we_are_and_says_nothing_sec_23(push: Push, service: Provider) -> None:
    push.send(service.url, urgent=True, now=utc_now())

    (post,) = service.came
    assert post.body == b""
    scheme, _, said = post.headers["authorization"].partition(" ")
    token, _, key = said.removeprefix("t=").partition(", k=")
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), base64url_decode(key))
    claims = jwt.decode(token, point, algorithms=["ES256"], audience=origin(service.url))
    assert (scheme, claims["sub"]) == ("vapid", "mailto:ops@ward.example")
    assert claims["exp"] - utc_now().timestamp() <= 24 * 3600
    assert (post.headers["urgency"], post.headers["ttl"]) == ("high", "14400")
    assert set(post.headers) == {
        *("host", "accept-encoding", "authorization", "ttl", "urgency", "content-length"),
    }


def origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


@pytest.mark.parametrize("status", [404, 410])
def test_a_registration_that_is_over_is_switched_off_ft_24(
    push: Push, service: Provider, status: int
) -> None:
    service.script = [Reply(status)]

    with pytest.raises(DeliveryError) as failure:
        push.send(service.url, urgent=False, now=utc_now())

    assert (failure.value.code, failure.value.gone) == ("gone", True)


def test_a_push_address_inside_our_network_is_refused_sec_34(push: Push, service: Provider) -> None:
    with pytest.raises(DeliveryError, match="address-refused"):
        replace(push, outward=Outward()).send(service.url, urgent=False, now=utc_now())

    assert service.came == []


@pytest.mark.parametrize("said", ["", "hunter2", "A" * 42, "A" * 43, "%" * 43])
def test_what_is_no_key_is_refused_and_not_repeated(said: str) -> None:
    with pytest.raises(ValueError, match="32 bytes") as refused:
        read_key(said)

    assert "hunter2" not in str(refused.value)


def test_a_key_is_not_in_what_a_log_would_print_sec_29(push: Push) -> None:
    assert "key" not in repr(push)
