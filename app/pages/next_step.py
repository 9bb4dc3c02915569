"""Whom an alert goes to next, in a clinician's words; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.escalation import RECIPIENTS
from alerts.policy import To

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alerts.aiming.service import Aim
    from app.pages.language import Language


ON_CALL = RECIPIENTS[To.ON_CALL]


def step_words(step: str, said: Language, *, rota: bool) -> str:
    """Return whom a step is for; where the patient's team keeps no rota, who is meant instead."""
    if step == ON_CALL and not rota:
        return said.say("on-call clinician (no rota: responsible physician)")
    return said.say(step) if step else ""


def aimed(aims: Iterable[Aim], said: Language) -> str:
    """Return whom escalating would reach now: what they are to the patient, and who that is."""
    return ", ".join(_aim(each, said) for each in aims)


def _aim(aim: Aim, said: Language) -> str:
    role, name = said.say(aim.role), said.say(aim.name)
    return role if role == name else said.say("{role}: {name}", role=role, name=name)
