from __future__ import annotations

import hmac
from datetime import timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from core.clock import utc_now
from core.signing import secret_from, signed, verified

OLD, NEW = secret_from(b"o" * 32), secret_from(b"n" * 32)
BODY = b'{"resourceType":"Bundle"}'


def test_an_independent_library_accepts_the_signature_sec_35() -> None:
    headers = signed(BODY, [NEW], id_="m-1", now=utc_now())

    assert Webhook(NEW).verify(BODY, headers) == {"resourceType": "Bundle"}


def test_while_a_secret_is_renewed_both_verify_sec_35() -> None:
    headers = signed(BODY, [NEW, OLD], id_="m-1", now=utc_now())

    assert headers["webhook-signature"].count("v1,") == 2
    for secret in (OLD, NEW):
        Webhook(secret).verify(BODY, headers)


@pytest.mark.parametrize(
    ("body", "change"),
    [
        (BODY + b" ", {}),
        (BODY, {"webhook-id": "m-2"}),
        (BODY, {"webhook-timestamp": str(int(utc_now().timestamp()) - 60)}),
    ],
    ids=["altered body", "other message", "other time"],
)
def test_what_was_altered_is_refused_sec_35(body: bytes, change: dict[str, str]) -> None:
    headers = signed(BODY, [NEW], id_="m-1", now=utc_now()) | change

    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify(body, headers)


def test_an_old_message_is_refused_and_its_repeat_is_not_sec_35() -> None:
    old = signed(BODY, [NEW], id_="m-1", now=utc_now() - timedelta(minutes=6))
    again = signed(BODY, [NEW], id_="m-1", now=utc_now())

    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify(BODY, old)
    Webhook(NEW).verify(BODY, again)
    assert old["webhook-id"] == again["webhook-id"]


def test_what_an_independent_library_signed_is_verified_sec_35() -> None:
    now = utc_now()
    said = {
        "webhook-id": "r-1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(OLD).sign("r-1", now, BODY.decode()),
    }

    assert verified(BODY, said, [NEW, OLD], now=now)
    assert not verified(BODY, said, [NEW], now=now)
    assert not verified(BODY, said, [], now=now)


@pytest.mark.parametrize(
    ("body", "change"),
    [
        (BODY + b" ", {}),
        (BODY, {"webhook-id": "r-2"}),
        (BODY, {"webhook-id": ""}),
        (BODY, {"webhook-timestamp": str(int(utc_now().timestamp()) - 60)}),
        (BODY, {"webhook-timestamp": "soon"}),
        (BODY, {"webhook-timestamp": "9" * 400}),
        (BODY, {"webhook-signature": ""}),
        (BODY, {"webhook-signature": "v1,é v1a,x"}),
    ],
)
def test_a_receipt_that_was_altered_is_not_verified_sec_35(
    body: bytes, change: dict[str, str]
) -> None:
    said = signed(BODY, [NEW], id_="r-1", now=utc_now()) | change

    assert not verified(body, said, [NEW], now=utc_now())


@pytest.mark.parametrize(("minutes", "right"), [(-6, False), (-4, True), (4, True), (6, False)])
def test_a_receipt_is_verified_for_five_minutes_sec_35(minutes: int, *, right: bool) -> None:
    now = utc_now()
    said = signed(BODY, [NEW], id_="r-1", now=now + timedelta(minutes=minutes))

    assert verified(BODY, said, [NEW], now=now) is right


def test_signatures_are_compared_in_constant_time_sec_35(monkeypatch: pytest.MonkeyPatch) -> None:
    """SEC-35: whole, each against each, however much of one is right."""
    compared: list[tuple[bytes, bytes]] = []

    def noted(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return compare_digest(one, other)

    compare_digest = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", noted)
    now = utc_now()
    right = signed(BODY, [NEW], id_="r-1", now=now)
    version, said = right["webhook-signature"].split(",")
    for wrong in ("v1,x", f"{version},{'B' if said[0] == 'A' else 'A'}{said[1:]}"):
        compared.clear()
        assert not verified(BODY, right | {"webhook-signature": wrong}, [NEW, OLD], now=now)
        assert [len(other) for _, other in compared] == [44, 44]
