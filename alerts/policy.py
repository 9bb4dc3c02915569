"""The response policy as a value: typed, checked, hashed, and frozen onto each alert (AL-13)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from alerts import pacing
from core.errors import InvalidError
from core.vitals import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alerts.pacing import Pacing


class To(StrEnum):
    """For whom a step is meant; who that is, is resolved when it fires."""

    RESPONSIBLE = "responsible"
    BACKUP = "backup"
    TEAM = "team"
    FALLBACK = "fallback"
    SUPPORT = "support"  # the data-quality lane: never a physician
    OWNER = "owner"


class Channel(StrEnum):
    """How somebody is told."""

    INBOX = "inbox"
    EMAIL = "email"
    SMS = "sms"
    CHAT = "chat"
    PUSH = "push"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of a chain: so long after the start, for them, by this channel."""

    after: timedelta
    to: To
    channel: Channel


@dataclass(frozen=True, slots=True)
class Tier:
    """What one severity asks for."""

    rungs: tuple[Rung, ...]
    repeat: tuple[Rung, ...]  # `after` is the interval once the chain is through
    holds: timedelta  # how long an acknowledgement lasts
    reminder: timedelta
    answer: timedelta  # how long a delegation may wait for its answer before it returns
    snooze: timedelta  # the longest that it may be put off; none for RED
    clearing: timedelta | None  # time without the finding after which it closes alone
    gather: timedelta | None = timedelta(0)  # a message's wait for others; None: the next batch


@dataclass(frozen=True, slots=True)
class Policy:
    """Every tier's chain, the late readings' chain, and the limits that go with them."""

    tiers: Mapping[Severity, Tier]
    late: Tier
    late_after: timedelta
    marked_late: timedelta
    steps_down: timedelta
    linked_within: timedelta
    absence: timedelta  # how long an admission or pause without an end keeps from paging
    claim: timedelta  # how long "being looked at by" stands
    undo: timedelta
    pacing: Pacing
    hash: str
    batches: tuple[int, ...] = (8,)  # hours of the day at which what may wait is sent


NEXT_BATCH = "next-batch"
OLD_CLAIM = 600.0  # seconds, in a snapshot of before there were claims
TOLD = (Severity.RED, Severity.AMBER, Severity.YELLOW, Severity.DQ)
NEVER_ALONE = (Severity.RED, Severity.AMBER)
# AL-11: no policy may let somebody put an alert off for longer.
LONGEST_SNOOZE = {Severity.RED: timedelta(0), Severity.AMBER: timedelta(hours=72)}
LONGEST_SNOOZE_OF_OTHERS = timedelta(days=14)


def read(source: Mapping[str, Any], *, scale: float = 1.0) -> Policy:
    """Return the policy that a parsed `policy.toml` states.

    Parameters
    ----------
    scale : float
        Shortens the waits, for demonstrations and tests; what makes a reading late, and how
        long episodes are linked, is clinical and stays.

    Raises
    ------
    InvalidError
        Where the policy would lose an alert: a tier missing or empty, nobody told at once,
        steps out of order, a RED or AMBER that closes alone or never reaches the fallback.
    """
    try:
        policy = Policy(
            tiers={s: _tier(source["tiers"][s], scale) for s in TOLD},
            late=_tier(source["late"], scale),
            late_after=timedelta(hours=source["late_after_hours"]),
            marked_late=timedelta(minutes=source["marked_late_minutes"]),
            steps_down=timedelta(minutes=source["steps_down_minutes"]),
            linked_within=timedelta(days=source["linked_within_days"]),
            absence=timedelta(days=source["absence_days"]),
            claim=timedelta(minutes=source["claim_minutes"] * scale),
            undo=timedelta(seconds=source["undo_seconds"]),
            pacing=pacing.read(source["delivery"], scale=scale),
            hash=_hash(source),
            batches=tuple(source["delivery"].get("batch_hours", (8,))),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidError(f"policy: {error!r}", field="policy") from error
    for severity, tier in policy.tiers.items():
        _check(severity, tier)
    return policy


def _tier(source: Mapping[str, Any], scale: float) -> Tier:
    clearing = source.get("clearing_hours")
    return Tier(
        rungs=tuple(rung for step in source["steps"] for rung in _rungs(step, scale)),
        repeat=_rungs(source["repeat"], scale),
        holds=timedelta(minutes=source["acknowledgement_minutes"] * scale),
        reminder=timedelta(minutes=source["reminder_minutes"] * scale),
        answer=timedelta(minutes=source["answer_minutes"] * scale),
        snooze=timedelta(hours=source.get("snooze_hours", 0)),
        clearing=None if clearing is None else timedelta(hours=clearing * scale),
        gather=_gather(source.get("group_wait", 0), scale),
    )


def _gather(source: float | str, scale: float) -> timedelta | None:
    if source == NEXT_BATCH:
        return None
    return timedelta(minutes=float(source) * scale)


def _rungs(source: Mapping[str, Any], scale: float) -> tuple[Rung, ...]:
    after = timedelta(minutes=source["after_minutes"] * scale)
    return tuple(Rung(after, To(source["to"]), Channel(name)) for name in source["channels"])


def _hash(source: Mapping[str, Any]) -> str:
    canonical = json.dumps(source, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _check(severity: Severity, tier: Tier) -> None:
    """Refuse a chain that could leave an alert with nobody."""
    waits = [rung.after for rung in tier.rungs]
    faults = {
        "has no step at once": not waits or waits[0] > timedelta(0),
        "has steps out of order": waits != sorted(waits),
        "has no repeat": not tier.repeat or any(r.after <= timedelta(0) for r in tier.repeat),
        "reminds after the acknowledgement has ended": tier.reminder >= tier.holds,
        "waits for an answer longer than the acknowledgement lasts": tier.answer >= tier.holds,
        "may be snoozed for too long": tier.snooze
        > LONGEST_SNOOZE.get(severity, LONGEST_SNOOZE_OF_OTHERS),
        "may not close alone": severity in NEVER_ALONE and tier.clearing is not None,
        "must say when it closes": severity not in NEVER_ALONE and tier.clearing is None,
        "may not wait for others": severity is Severity.RED and tier.gather != timedelta(0),
        "must end in the fallback team": severity in NEVER_ALONE
        and To.FALLBACK not in {rung.to for rung in tier.repeat},
        "may only reach support": severity is Severity.DQ
        and {rung.to for rung in (*tier.rungs, *tier.repeat)} != {To.SUPPORT},
    }
    for fault, found in faults.items():
        if found:
            raise InvalidError(f"policy: {severity} {fault}", field=f"tiers.{severity}")


def freeze(policy: Policy) -> dict[str, Any]:
    """Return the snapshot that an alert keeps; `thaw` gives the same policy back."""
    return {
        "tiers": {severity: _frozen(tier) for severity, tier in policy.tiers.items()},
        "late": _frozen(policy.late),
        "late_after": policy.late_after.total_seconds(),
        "marked_late": policy.marked_late.total_seconds(),
        "steps_down": policy.steps_down.total_seconds(),
        "linked_within": policy.linked_within.total_seconds(),
        "absence": policy.absence.total_seconds(),
        "claim": policy.claim.total_seconds(),
        "undo": policy.undo.total_seconds(),
        "pacing": pacing.freeze(policy.pacing),
        # For a program of before there was a pacing, beside this one while it is replaced.
        "waits": [wait.total_seconds() for wait in policy.pacing.waits],
        "batches": list(policy.batches),
        "hash": policy.hash,
    }


def _frozen(tier: Tier) -> dict[str, Any]:
    return {
        "rungs": [[r.after.total_seconds(), r.to, r.channel] for r in tier.rungs],
        "repeat": [[r.after.total_seconds(), r.to, r.channel] for r in tier.repeat],
        "holds": tier.holds.total_seconds(),
        "reminder": tier.reminder.total_seconds(),
        "answer": tier.answer.total_seconds(),
        "snooze": tier.snooze.total_seconds(),
        "clearing": None if tier.clearing is None else tier.clearing.total_seconds(),
        "gather": None if tier.gather is None else tier.gather.total_seconds(),
    }


def thaw(snapshot: Mapping[str, Any]) -> Policy:
    """Return the policy that an alert was opened under."""
    return Policy(
        tiers={Severity(name): _thawed(tier) for name, tier in snapshot["tiers"].items()},
        late=_thawed(snapshot["late"]),
        late_after=timedelta(seconds=snapshot["late_after"]),
        marked_late=timedelta(seconds=snapshot["marked_late"]),
        # An alert that was opened before there was a step-down does not step down.
        steps_down=timedelta(seconds=snapshot.get("steps_down", 0.0)),
        linked_within=timedelta(seconds=snapshot["linked_within"]),
        absence=timedelta(seconds=snapshot.get("absence", 0.0)),
        claim=timedelta(seconds=snapshot.get("claim", OLD_CLAIM)),
        undo=timedelta(seconds=snapshot.get("undo", 0.0)),
        # An alert that was opened before there was a pacing has its waits alone.
        pacing=pacing.read(snapshot.get("pacing") or {"waits_seconds": snapshot["waits"]}),
        hash=snapshot["hash"],
        batches=tuple(snapshot.get("batches", (8,))),
    )


def _thawed(tier: Mapping[str, Any]) -> Tier:
    rungs, repeat = (
        tuple(Rung(timedelta(seconds=a), To(to), Channel(c)) for a, to, c in tier[name])
        for name in ("rungs", "repeat")
    )
    clearing, gather = tier["clearing"], tier.get("gather", 0.0)
    return Tier(
        rungs=rungs,
        repeat=repeat,
        holds=timedelta(seconds=tier["holds"]),
        reminder=timedelta(seconds=tier["reminder"]),
        answer=timedelta(seconds=tier.get("answer", tier["reminder"])),
        snooze=timedelta(seconds=tier.get("snooze", 0.0)),
        clearing=None if clearing is None else timedelta(seconds=clearing),
        gather=None if gather is None else timedelta(seconds=gather),
    )
