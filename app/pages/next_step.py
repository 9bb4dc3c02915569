"""Whom an alert goes to next, in a clinician's words; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alerts.aiming.service import Aim
    from app.pages.language import Language


def aimed(aims: Iterable[Aim], said: Language) -> str:
    """Return whom escalating would reach now: what they are to the patient, and who that is."""
    return ", ".join(_aim(each, said) for each in aims)


def _aim(aim: Aim, said: Language) -> str:
    role, name = said.say(aim.role), said.say(aim.name)
    return role if role == name else said.say("{role}: {name}", role=role, name=name)
