"""What is no single address is none: nobody else is told, and no header is added (SEC-23)."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir.mail_addresses import mailable

GOOD = ("a@example.org", "dr.han+ward@clinic.example", "o'neil@x", "a_b@1.example", "x/y@a-b.c")


@pytest.mark.parametrize("text", GOOD)
def test_an_address_is_taken_without_what_stands_around_it(text: str) -> None:
    assert mailable(text) == mailable(f" {text}\n") == text


@pytest.mark.parametrize(
    "text",
    [
        *("dr@a.example, other@b.example", "dr@a.example;other@b.example", "dr@a.example b@c"),
        *("dr@a.example\r\nBcc: other@b.example", "dr\n@a.example", "dr@a.example\x00"),
        *("Han <dr@a.example>", "<dr@a.example>", "dr@a.example(x)", '"a b"@c.example', "a:b@c;"),
        *("", "dr", "@a.example", "dr@", "dr@@a.example", "dr@a.example-", "a..b@c", ".a@b"),
        *(f"{'a' * 65}@b.example", "dr@\u202eelpmaxe.a", "전@a.example", "=?utf-8?q?a?=@b,c@d"),
    ],
)
def test_what_would_be_more_than_one_or_another_header_is_none_sec_23(text: str) -> None:
    assert mailable(text) == ""


@given(st.text(alphabet='ab@.,;:<>()[]"\\ \r\n\t=?-', max_size=40) | st.emails())
def test_what_is_taken_is_one_recipient_to_who_reads_the_header_sec_23(text: str) -> None:
    if taken := mailable(text):
        message = EmailMessage(policy=SMTP)
        message["To"] = taken

        assert [each.addr_spec for each in message["To"].addresses] == [taken]
        assert message["To"].defects == ()
        assert message.as_string().count("\r\n") == 2
