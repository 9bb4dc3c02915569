"""Keeps judgements, each effect once, and offers what follows to the alerts and to the clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from core.offers import Offer, offer_each
from core.outbox import Priority, Topic
from core.vitals import Severity
from ingest.rollup import SETTLED
from monitoring import rolled
from monitoring.effect import effect_key
from monitoring.keeping import repository
from monitoring.models.repository import keep_tried
from monitoring.reach import READ_BACK

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.orm import Session

    from ingest.blocks import Block
    from monitoring.findings import Assessment
    from monitoring.keeping.repository import Judged
    from monitoring.repository import Mark
    from monitoring.windows import History

AFTER = "/"  # in a key, before the judgement that it follows
ROUND = timedelta(minutes=15)  # what falls due by time alone before the next round is asked then
BULK = Priority.BULK


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one person's judgement came to, beside what it was made of and what went before."""

    found: Assessment
    past: History
    readings: Sequence[Block]
    mark: Mark | None

    @property
    def patient_id(self) -> UUID:
        """Return whose it is."""
        return UUID(self.found.person_id)


def keep(session: Session, verdicts: Sequence[Verdict]) -> dict[UUID, UUID]:
    """Store what is news and offer it; return by person the id of the judgement that stands."""
    standing: dict[UUID, UUID] = {}
    news: list[Judged] = []
    for each in verdicts:
        before = _before(each)
        if isinstance(before, UUID):
            standing[each.patient_id] = before
        else:
            news.append(before)
    new = repository.store(session, news)
    keep_tried(session, {new[n.patient_id]: n.found for n in news if n.patient_id in new})
    standing |= new
    standing |= repository.known(session, (n for n in news if n.patient_id not in new))
    offers = [offer for n in news if n.patient_id in new for offer in _told(n, new[n.patient_id])]
    offers += [offer for each in verdicts for offer in _later(each)]
    if offers:
        offer_each(session, offers, now=verdicts[0].found.at)
    return standing


def _before(verdict: Verdict) -> UUID | Judged:
    """Return the judgement before, where this one comes to the same; else what is to be stored."""
    found, mark = verdict.found, verdict.mark
    key = effect = effect_key(found, verdict.readings)
    if mark is not None:
        if mark.key.partition(AFTER)[0] == effect:
            return mark.id
        # What was so before and is so again is news again: a reading came and was taken back.
        key = f"{effect}{AFTER}{mark.id}"
    arrived = max((float(r.received.max()) for r in verdict.readings), default=None)
    received = found.at - READ_BACK if arrived is None else datetime.fromtimestamp(arrived, UTC)
    return repository.Judged(found, key, received)


def _told(judged: Judged, stored: UUID) -> Iterator[Offer]:
    found = judged.found
    urgent = found.severity is Severity.RED
    yield Offer(Topic.RAISE, stored, found.at, Priority.CRITICAL if urgent else Priority.NORMAL)
    if found.recheck_at is not None:
        yield Offer(Topic.ASSESS, judged.patient_id, found.recheck_at)


def _later(verdict: Verdict) -> Iterator[Offer]:
    """Yield what follows by time alone: rolling up a dense stream, and what falls due soon."""
    now, due = verdict.found.at, verdict.found.due_at
    if rolled.to_roll_up(verdict.past, now=now):
        yield Offer(Topic.ROLL, verdict.patient_id, now + SETTLED, BULK)
    if due is not None and due - now <= ROUND:
        yield Offer(Topic.ASSESS, verdict.patient_id, due)
