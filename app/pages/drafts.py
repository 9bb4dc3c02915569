"""What somebody typed must outlive their session (WCAG 2.2.1): offered again after sign-in.

The typed fields go back to the browser that sent them, sealed for the person whose session it
was: nobody else can open them, and nobody can make any up.
"""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

import msgspec
from cryptography.fernet import Fernet, InvalidToken
from fastapi import Request, Response

from app.pages.door import StaleFormError
from app.pages.rendering import Renderer

KEPT = timedelta(hours=12)
OURS = re.compile(r"/[a-z-]+(/[A-Za-z0-9_-]+)*")
TYPED = re.compile(r"\s|.{25}")  # ids, choices and numbers are not worth showing
_PURPOSE = b"wardlight draft"


class Draft(msgspec.Struct, frozen=True):
    """One form that could not be taken."""

    owner: UUID
    path: str
    fields: list[tuple[str, str]]

    @property
    def typed(self) -> list[str]:
        """Return what was written, as against chosen."""
        return [value for _, value in self.fields if TYPED.search(value) and not _opaque(value)]


def _opaque(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True


def close(draft: Draft, *, key: str, now: datetime) -> str:
    """Return a draft sealed."""
    return _seal(key).encrypt_at_time(msgspec.json.encode(draft), int(now.timestamp())).decode()


def open_(sealed: str, *, key: str, now: datetime) -> Draft | None:
    """Return the draft; None where it is not ours or too old."""
    try:
        plain = _seal(key).decrypt_at_time(sealed, int(KEPT.total_seconds()), int(now.timestamp()))
    except InvalidToken:
        return None
    return msgspec.json.decode(plain, type=Draft)


def _seal(key: str) -> Fernet:
    return Fernet(urlsafe_b64encode(hmac.new(key.encode(), _PURPOSE, sha256).digest()))


async def offer(pages: Renderer, request: Request, stale: StaleFormError) -> Response:
    """Answer a form of an ended session with what was typed in it."""
    form = await request.form()
    fields = [(k, v) for k, v in form.multi_items() if isinstance(v, str) and k != "csrf"]
    draft = Draft(stale.owner, request.url.path, fields)
    return pages.page(
        "draft.html",
        status=401,
        language=stale.language,
        typed=draft.typed,
        draft=close(draft, key=stale.key, now=stale.now),
    )
