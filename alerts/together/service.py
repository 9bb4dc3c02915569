"""Take several YELLOW alerts of one reason together: all of them, or none (UX-07)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from alerts.acts.repository import take_up
from alerts.acts.service import own
from alerts.views.repository import headlines
from core.errors import ConflictError, InvalidError
from core.vitals import Severity
from monitoring.findings import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.acts.repository import Hands
    from core.security import Caller

MOST = 50


def acknowledge_together(
    session: Session, caller: Caller, shown: Mapping[UUID, int], *, now: datetime
) -> None:
    """Take alerts that a page showed, each with the version it showed.

    Raises
    ------
    InvalidError
        For fewer than two, or more than fifty.
    NotFoundError
        Where the caller may not see one of them (SEC-12).
    ConflictError
        Where one is not YELLOW, not of the same reason, or not as it was shown, saying how many.
    """
    if not 2 <= len(shown) <= MOST:  # noqa: PLR2004 (one alone is not together)
        raise InvalidError(f"alert: from 2 to {MOST} together", field="alert")
    # Always in one order, so that two who take the same ones never wait for each other.
    held = [take_up(session, caller, each, now=now) for each in sorted(shown)]
    refused = _refused(session, held, shown)
    if refused:
        why = "; ".join(f"{count} of {len(held)} {words}" for words, count in refused.items())
        raise ConflictError(f"nothing was taken: {why}")
    for hands in held:
        own(hands)
        hands.audit()


def _refused(
    session: Session, held: Sequence[Hands], shown: Mapping[UUID, int]
) -> Mapping[str, int]:
    found = headlines(session, {h.alert.id: Problem(h.alert.problem) for h in held})
    rules = Counter(found[h.alert.id][0].rule_id for h in held if h.alert.id in found)
    main = max(rules, key=rules.__getitem__, default="")
    reasons: Counter[str] = Counter()
    for hands in held:
        alert = hands.alert
        rule = found[alert.id][0].rule_id if alert.id in found else ""
        if alert.severity != Severity.YELLOW:
            reasons[f"is {alert.severity} by now"] += 1
        elif not hands.state.waits:
            reasons["was taken, put off or closed by somebody"] += 1
        elif rule != main:
            reasons["has another reason"] += 1
        elif alert.version != shown[alert.id]:
            reasons["has changed since it was shown"] += 1
    return reasons
