"""What a mail can be sent to: one address, with nothing around it that a header would read."""

from __future__ import annotations

import re

# RFC 5321: a dot-atom before the @, a name of hosts behind it; quoted and international ones,
# which not every server takes, are none of ours.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_HOSTS = r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?"
_MAIL = re.compile(rf"(?=.{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_HOSTS}")


def mailable(text: str) -> str:
    """Return an address where a text is one and no more, and nothing where it is not.

    A comma, a line or angle brackets would make more recipients of it, or another header.
    """
    text = text.strip()
    return text if _MAIL.fullmatch(text) else ""
