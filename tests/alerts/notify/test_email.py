from __future__ import annotations

from datetime import UTC, datetime
from socket import socket
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import AuthResult, LoginPassword

from alerts.notify import email
from alerts.notify.email import Mailer, Notice, compose
from alerts.notify.failure import DeliveryError
from core.vitals import Severity

if TYPE_CHECKING:
    from tests.alerts.conftest import Mailbox

NOTICE = Notice(
    delivery_id=UUID(int=7),
    public_id="a1b2c3d4e5",
    severity=Severity.RED,
    at=datetime(2026, 3, 10, 9, 0, tzinfo=UTC),
    link="https://ward.example.org/n/a1b2c3d4e5",
)


def test_a_message_holds_the_tier_an_opaque_id_the_time_a_link_and_nothing_else() -> None:
    """SEC-23: the schema of what may leave."""
    message = compose(NOTICE, sender="Wardlight <w@ward.example>", to="a@example.org")

    assert set(message.keys()) == {
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "Content-Type",
        "Content-Transfer-Encoding",
        "MIME-Version",
    }
    assert message["Subject"] == email.SUBJECT
    assert message.get_content_type() == "text/plain"
    assert message.get_content().split() == [
        "Severity:",
        "RED",
        "Reference:",
        "a1b2c3d4e5",
        "Time:",
        "2026-03-10",
        "09:00",
        "UTC",
        "https://ward.example.org/n/a1b2c3d4e5",
    ]


@pytest.mark.parametrize("severity", list(Severity))
def test_the_subject_says_nothing_about_the_tier(severity: Severity) -> None:
    notice = Notice(UUID(int=8), "f0", severity, NOTICE.at, NOTICE.link)

    subject = compose(notice, sender="w@ward.example", to="a@example.org")["Subject"]

    assert subject == email.SUBJECT
    assert severity not in subject


def test_a_repeat_is_the_same_message_to_the_byte() -> None:
    """I4: the same Message-ID, so that a mailbox can tell."""
    first, second = (compose(NOTICE, sender="w@ward.example", to="a@example.org") for _ in range(2))

    assert first["Message-ID"] == f"<{UUID(int=7)}@ward.example>"
    assert first.as_bytes() == second.as_bytes()


def test_a_real_server_takes_the_message(mailbox: tuple[Mailbox, Mailer]) -> None:
    handler, mailer = mailbox

    mailer.send("a@example.org", NOTICE)

    ((recipients, content),) = handler.received
    assert recipients == ["a@example.org"]
    assert f"Message-ID: <{UUID(int=7)}@ward.example>".encode() in content


def test_a_server_that_refuses_gives_its_number_and_none_of_its_words(
    mailbox: tuple[Mailbox, Mailer],
) -> None:
    handler, mailer = mailbox
    handler.refusal = "451 no room for a@example.org"

    with pytest.raises(DeliveryError) as failure:
        mailer.send("a@example.org", NOTICE)

    assert failure.value.code == "smtp-451"


def test_a_server_that_is_not_there_gives_a_code_without_addresses() -> None:
    with pytest.raises(DeliveryError) as failure:
        Mailer("127.0.0.1", 1, "w@ward.example").send("a@example.org", NOTICE)

    assert failure.value.code == "ConnectionRefusedError"


def test_a_line_break_in_an_address_sends_nothing(mailbox: tuple[Mailbox, Mailer]) -> None:
    handler, mailer = mailbox

    with pytest.raises(DeliveryError):
        mailer.send("a@example.org\r\nBcc: b@example.org", NOTICE)

    assert handler.received == []


def test_the_password_is_not_in_what_a_log_would_print() -> None:
    assert "hunter" not in repr(Mailer("h", 25, "w@x", user="u", password="hunter2"))


@pytest.mark.parametrize("password", ["right", "wrong"])
def test_a_server_that_asks_for_a_login_gets_it(password: str) -> None:
    def check(_server: object, _session: object, *facts: object) -> AuthResult:
        given = facts[-1]
        right = isinstance(given, LoginPassword) and given.password == b"right"
        return AuthResult(success=right)

    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(
        Sink(),
        hostname="127.0.0.1",
        port=port,
        authenticator=check,
        auth_require_tls=False,
    )
    controller.start()
    mailer = Mailer("127.0.0.1", port, "w@ward.example", user="ward", password=password)

    try:
        mailer.send("a@example.org", NOTICE)
        failed = ""
    except DeliveryError as failure:
        failed = failure.code
    finally:
        controller.stop()

    assert bool(failed) == (password == "wrong")


def test_a_server_without_the_asked_encryption_is_sent_nothing(
    mailbox: tuple[Mailbox, Mailer],
) -> None:
    handler, plain = mailbox
    mailer = Mailer(plain.host, plain.port, plain.sender, starttls=True)

    with pytest.raises(DeliveryError) as failure:
        mailer.send("a@example.org", NOTICE)

    assert failure.value.code == "SMTPNotSupportedError"
    assert handler.received == []
