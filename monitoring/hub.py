"""A hub that falls silent: a technical fault, and why its home is not judged meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.vitals import Severity, Vital
from monitoring.home import HOUR, HUB_DOWN, absent, hub_online
from monitoring.moment import Hit, Waiting, evidence
from monitoring.phrases import Phrase, whole
from monitoring.rule_kinds import Rule
from monitoring.rules import SLACK
from monitoring.windows import DAY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitoring.moment import Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class HubRule(Rule):
    """The heartbeat of a hub that has one is missing (`monitoring.home.HUB_DOWN` hours)."""

    severity: Severity
    forget_days: int = 30


def hub(rule: HubRule, now: Moment) -> Iterator[Hit | Waiting]:
    """Say that a hub is offline."""
    beats = now.series(Vital.HUB_HEARTBEAT)
    online = hub_online(now)
    if beats is None or online is None or absent(now) is not None:
        return
    last = float(beats.times[-1])
    if online:
        yield Waiting(last + HUB_DOWN * HOUR + SLACK)
        return
    if now.at - last > rule.forget_days * DAY:
        return
    yield Hit(
        rule=rule,
        severity=rule.severity,
        at=last + HUB_DOWN * HOUR,
        day=now.day,
        since=last,
        span=(now.at - last) / HOUR,
        evidence=evidence(beats, Vital.HUB_HEARTBEAT, [len(beats) - 1]),
        otherwise=Phrase(
            "It would not have fired if the hub had been heard within {limit} h.",
            {"limit": whole(HUB_DOWN)},
        ),
    )
