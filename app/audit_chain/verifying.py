"""Whether the audit is as it was sealed, and which row, block or head is not (SEC-18)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from app.audit_chain import repository
from app.audit_chain.blocks import GENESIS, Block, differences, leaves_of, rows_hash
from app.audit_chain.heads import is_signed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from sqlalchemy.orm import Session

    from app.audit_chain.heads import Head
    from app.audit_chain.repository import Place
    from app.audit_chain.tables import BlockRow

OUTSIDE_WITHIN = timedelta(minutes=10)  # how soon a head must stand outside of the database
MOST_SAID = 1_000  # findings: of more, that there are more is enough


@dataclass(slots=True)
class Report:
    """What was looked at, and everything that is wrong; nothing where all is as it was sealed."""

    findings: list[str] = field(default_factory=list)
    blocks: int = 0
    rows: int = 0
    pruned_to: int = 0
    waiting: int = 0  # rows that are not sealed yet
    taken_away: int = 0  # events whose parameters were taken away, as an erasure does

    def say(self, finding: str) -> None:
        """Note what is wrong."""
        if len(self.findings) < MOST_SAID:
            self.findings.append(finding)


@dataclass(frozen=True, slots=True)
class Outside:
    """What stands outside of the database: the heads of a file, and its lines that are none."""

    heads: tuple[Head, ...]
    damaged: int = 0


def verify(
    session: Session,
    keys: Mapping[str, Ed25519PublicKey],
    outside: Outside,
    *,
    now: datetime,
    since: int = 1,
) -> Report:
    """Compare what is there with what was sealed, from a block on.

    The session should see one state of the database throughout, no older than `outside`.
    """
    report = Report()
    heads = repository.heads(session)
    good = [each for each in heads if is_signed(each, keys)]
    for each in heads:
        if each not in good:
            report.say(f"head {each.number}: its signature is not of a key that is trusted")
    _numbers(report, heads, good)
    _against_outside(report, heads, keys, outside, now=now)
    report.pruned_to = max((each.block for each in good if each.kind == "pruned"), default=0)
    hashes = _chain(session, report, since)
    _named(report, [each for each in good if each.block >= since], hashes)
    return report


def _numbers(report: Report, heads: list[Head], good: list[Head]) -> None:
    """Say which heads are missing in the row of numbers, but before one that says why."""
    before = 0
    restored = {each.number for each in good if each.kind == "restored"}
    for each in heads:
        if each.number != before + 1 and each.number not in restored:
            report.say(f"head {before + 1} is missing")
        before = each.number


def _against_outside(
    report: Report,
    heads: list[Head],
    keys: Mapping[str, Ed25519PublicKey],
    outside: Outside,
    *,
    now: datetime,
) -> None:
    """Compare with the heads outside, in both directions."""
    if outside.damaged:
        report.say(f"outside of the database {outside.damaged} lines are no heads")
    inside, out = {each.number: each for each in heads}, {e.number: e for e in outside.heads}
    void = _void(heads, keys)
    for each in outside.heads:
        if not is_signed(each, keys):
            report.say(f"head {each.number} outside: its signature is not of a trusted key")
        elif each.number in void:
            continue
        elif each.number not in inside:
            report.say(f"head {each.number}, of block {each.block}, stands outside and is missing")
        elif inside[each.number] != each:
            report.say(f"head {each.number} is not the one that stands outside")
    for each in heads:
        if each.number not in out and each.signed_at < now - OUTSIDE_WITHIN:
            report.say(f"head {each.number} does not stand outside")


def _void(heads: list[Head], keys: Mapping[str, Ed25519PublicKey]) -> set[int]:
    """Return the numbers that a restored copy of the database does not have, as a head says."""
    void, before = set[int](), 0
    for each in heads:
        if each.kind == "restored" and is_signed(each, keys):
            void |= set(range(before + 1, each.number))
        before = each.number
    return void


def _chain(session: Session, report: Report, since: int) -> dict[int, str]:
    """Walk along the blocks; return the hash of each by its number."""
    before = repository.block_before(session, since)
    number = before.number if before else since - 1
    place, hash_ = repository.place_of(before), bytes(before.hash) if before else GENESIS
    if number != since - 1:
        report.say(f"block {number + 1} is missing")
    hashes: dict[int, str] = {}
    for row in repository.blocks_from(session, since):
        for absent in range(number + 1, row.number):
            report.say(f"block {absent} is missing")
        _block(session, report, row, place, hash_)
        number, place, hash_ = row.number, repository.place_of(row), bytes(row.hash)
        hashes[number] = hash_.hex()
        report.blocks += 1
    report.waiting = repository.unsealed(
        session, place, recorded_before=repository.END_OF_TIME, most=MOST_SAID * 100
    )
    return hashes


def _block(session: Session, report: Report, row: BlockRow, place: Place, before: bytes) -> None:
    name = f"block {row.number}"
    if bytes(row.previous) != before:
        report.say(f"{name} does not continue the one before it")
    sealed = Block(
        row.number,
        row.turn,
        row.last_id,
        row.count,
        row.latest,
        row.sealed_at,
        bytes(row.rows_hash),
        bytes(row.previous),
    )
    if sealed.hash != bytes(row.hash):
        report.say(f"{name} was changed")
    end = repository.place_of(row)
    if row.number <= report.pruned_to:
        came = repository.first_row(session, after=place, upto=end)
        if came is not None:
            report.say(f"row {came} was inserted into {name}, which was pruned")
        return
    rows = list(repository.rows_between(session, place, end))
    report.rows += len(rows)
    _texts(session, report, {each[-1]: each[0] for each in rows if each[-1] is not None})
    found = leaves_of(rows)
    if rows_hash(found) == bytes(row.rows_hash):
        return
    kept = repository.leaves(session, row.number)
    if rows_hash(kept) != bytes(row.rows_hash):
        report.say(f"{name}: the digests of its rows were changed")
    for each in differences(kept, found):
        report.say(f"row {each.id} of {name} was {each.how}")


def _texts(session: Session, report: Report, asked: dict[UUID, int]) -> None:
    """Say whose parameters were changed; those that were taken away are counted."""
    texts = repository.texts(session, asked.keys())
    for id_, row in asked.items():
        if id_ not in texts:
            report.taken_away += 1
        elif not repository.text_opens(session, id_, texts[id_]):
            report.say(f"the parameters of row {row} were changed")


def _named(report: Report, heads: list[Head], hashes: Mapping[int, str]) -> None:
    """Compare the heads with the blocks that they name, and say what no head vouches for."""
    for each in heads:
        if each.block not in hashes:
            report.say(f"block {each.block}, which head {each.number} names, is missing")
        elif hashes[each.block] != each.hash:
            report.say(f"block {each.block} is not the one that head {each.number} names")
    signed = max((each.block for each in heads), default=0)
    if hashes and max(hashes) > signed:
        report.say(f"no head vouches for what was sealed after block {signed}")
