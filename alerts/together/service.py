"""Take several YELLOW alerts of one reason together: all of them, or none (UX-07)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from alerts.acts.repository import take_up
from alerts.acts.service import own
from alerts.together.repository import MOST
from alerts.views.repository import headlines
from core.errors import ConflictError, InvalidError, Sentence
from core.vitals import Severity
from monitoring.findings import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.acts.repository import Hands
    from core.security import Caller

REGRADED = "{count} of {of} is {tier} by now"
TAKEN = "{count} of {of} was taken, put off or closed by somebody"
OTHER_REASON = "{count} of {of} has another reason"
CHANGED = "{count} of {of} has changed since it was shown"
WHY_NOT = (REGRADED, TAKEN, OTHER_REASON, CHANGED)


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
        raise InvalidError("choose from 2 to {most} alerts", field="alert", facts={"most": MOST})
    # Always in one order, so that two who take the same ones never wait for each other.
    held = [take_up(session, caller, each, now=now) for each in sorted(shown)]
    refused = _refused(session, held, shown)
    if refused:
        raise ConflictError("nothing was taken: {reasons}", facts={"reasons": refused})
    for hands in held:
        own(hands)
        hands.audit()


def _refused(
    session: Session, held: Sequence[Hands], shown: Mapping[UUID, int]
) -> tuple[Sentence, ...]:
    found = headlines(session, {h.alert.id: Problem(h.alert.problem) for h in held})
    rules = Counter(found[h.alert.id][0].rule_id for h in held if h.alert.id in found)
    main = max(rules, key=rules.__getitem__, default="")
    reasons: Counter[tuple[str, str]] = Counter()  # with the tier by now
    for hands in held:
        alert = hands.alert
        rule = found[alert.id][0].rule_id if alert.id in found else ""
        if alert.severity != Severity.YELLOW:
            reasons[REGRADED, alert.severity] += 1
        elif not hands.state.waits:
            reasons[TAKEN, ""] += 1
        elif rule != main:
            reasons[OTHER_REASON, ""] += 1
        elif alert.version != shown[alert.id]:
            reasons[CHANGED, ""] += 1
    return tuple(
        Sentence(words, {"count": count, "of": len(held), "tier": Sentence(tier)})
        for (words, tier), count in reasons.items()
    )
