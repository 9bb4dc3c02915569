"""What a browser carries to the provider and back: sealed, short-lived, bound to that browser.

State, nonce and verifier stand in a cookie that only we can read. So somebody else's way back
is of no use in this browser (login CSRF), and nothing is written before anybody has signed in.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec
from cryptography.fernet import Fernet, InvalidToken

from app.oidc.errors import SignInError
from core.security import new_secret

if TYPE_CHECKING:
    from datetime import datetime

LASTS = timedelta(minutes=10)
_PURPOSE = b"wardlight sign-in at the organisation"


class Crossing(msgspec.Struct, frozen=True):
    """One try to sign in elsewhere."""

    state: str
    nonce: str
    verifier: str
    to: str  # which of our pages comes afterwards
    invitation: str = ""


@dataclass(frozen=True, slots=True)
class Seal:
    """Closes and opens crossings with the key of the installation."""

    key: bytes

    @classmethod
    def of(cls, secret: str) -> Seal:
        """Return the seal of an installation: no form token can be made with its key."""
        return cls(urlsafe_b64encode(hmac.new(secret.encode(), _PURPOSE, sha256).digest()))

    def close(self, crossing: Crossing, *, now: datetime) -> str:
        """Return the cookie of a crossing."""
        plain = msgspec.json.encode(crossing)
        return Fernet(self.key).encrypt_at_time(plain, int(now.timestamp())).decode()

    def open(self, cookie: str, *, now: datetime) -> Crossing | None:
        """Return the crossing in a cookie; None where it is not ours or too old."""
        seconds = int(LASTS.total_seconds())
        try:
            plain = Fernet(self.key).decrypt_at_time(cookie, seconds, int(now.timestamp()))
        except InvalidToken:
            return None
        return msgspec.json.decode(plain, type=Crossing)


def begin(to: str, invitation: str = "") -> Crossing:
    """Return a crossing that nobody can guess."""
    return Crossing(new_secret(), new_secret(), new_secret() + new_secret(), to, invitation)


def check_answered(error: str) -> None:
    """Refuse a way back that is a refusal of the provider: it needs to be asked nothing."""
    if error:
        raise SignInError("refused over there")
