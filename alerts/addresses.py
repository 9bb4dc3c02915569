"""Whether what somebody wrote down can be an address on a channel at all."""

from __future__ import annotations

import re

from alerts.policy import Channel
from core.errors import InvalidError, Sentence
from fhir.mail_addresses import mailable

_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")  # E.164
LONGEST_ACCOUNT = 200
NEEDS = {
    Channel.SMS: "{channel}: needs a number with its country: +49170…",
    Channel.EMAIL: "{channel}: needs an address such as name@clinic.example",
    Channel.CHAT: "{channel}: needs the account's name, without spaces",
    Channel.WEBHOOK: "{channel}: needs an https address",
    Channel.PUSH: "{channel}: needs an https address",
    Channel.INBOX: "{channel}: needs no address: everybody has an inbox",
}
_SPACING = str.maketrans("", "", " -()./\u00a0")


def read_address(channel: Channel, said: str) -> str:
    """Return an address in the form that is sent; a webhook's is checked where it is sent from.

    Raises
    ------
    InvalidError
        Naming the channel and what is missing, never repeating the address.
    """
    text = said.strip()
    match channel:
        case Channel.SMS:
            text = text.translate(_SPACING)
            right = bool(_NUMBER.fullmatch(text))
        case Channel.EMAIL:
            right = bool(mailable(text))
        case Channel.CHAT:
            plain = text.isprintable() and " " not in text
            right = plain and 0 < len(text) <= LONGEST_ACCOUNT
        case Channel.WEBHOOK | Channel.PUSH:
            right = text.startswith(("https://", "http://"))
        case Channel.INBOX:
            right = False
    if not right:
        facts = {"channel": Sentence(str(channel))}
        raise InvalidError(NEEDS[channel], field="address", facts=facts)
    return text


def masked(channel: Channel, address: str) -> str:
    """Return an address as a page shows it: enough to tell one's own by."""
    if channel in (Channel.WEBHOOK, Channel.PUSH):
        return address.split("/")[2] if address.count("/") > 1 else "…"
    if channel is Channel.EMAIL:
        name, _, domain = address.partition("@")
        return f"{name[:1]}…@{domain}"
    return f"…{address[-3:]}"
