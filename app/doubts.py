"""How it stands with the contested score behind an alert, wherever that alert is told (SEC-46)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.pages.language import language as spoken_in
from fhir.contested import tagged
from monitoring.contests import Ruling, Stands, stands

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitoring.contests import Contest


def said(doubt: Stands, language: str) -> str:
    """Return it as a sentence."""
    text = spoken_in(language).say(doubt)
    return f"{text[:1].upper()}{text[1:]}."


def standing(contests: Iterable[Contest]) -> Stands | None:
    """Return how it stands with one score; None where nobody contests it."""
    rulings: list[Ruling | None] = [
        each.answer.ruling if each.answer else None for each in contests
    ]
    return stands(rulings)


def told(resource: dict[str, Any], doubt: Stands | None) -> dict[str, Any]:
    """Return a resource that says so to programs, as it is where there is no doubt."""
    return resource if doubt is None else tagged(resource, doubt.code, doubt)
