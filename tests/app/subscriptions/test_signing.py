from __future__ import annotations

from datetime import timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from app.subscriptions.signing import secret_from, signed
from core.clock import utc_now

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
