"""Whose request this is: of a page of ours, in this very browser (SEC-09)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from core.security import new_secret

if TYPE_CHECKING:
    from fastapi import Request


def form_secret(request: Request, name: str) -> str:
    """Return the secret of the browser's form cookie, made for this request where absent."""
    known: str | None = getattr(request.state, "form_secret", None)
    if known is None:
        known = request.cookies.get(name) or new_secret()
        request.state.form_secret = known
    return known


def foreign(request: Request, base_url: str) -> bool:
    """Return whether the browser says that a request was made by another site's page.

    Our pages send no referrer, so browsers name their origin "null"; then it is
    Sec-Fetch-Site that tells, which every browser sends to https and to loopback.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None and site != "same-origin":
        return True
    origin = request.headers.get("origin")
    if origin in (None, "null"):
        return False
    ours = {urlsplit(base_url).netloc, request.headers.get("host", "")}
    return urlsplit(origin).netloc not in ours
