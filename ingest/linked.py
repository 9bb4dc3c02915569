"""In which order Observations that point at each other are decided, and what they then point at.

Pure. Which id one is kept under is known when it has been decided: it may be stored already. So
what is pointed at goes first, and what points at it names the id that is stored; sent again, it
says the same words again, and is known by them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fhir.links import references, rewrite
from ingest.receipt import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ingest.acceptance import Incoming
    from ingest.settled import Seen, Settled

    Pair = tuple[Seen, Incoming]

DEEPEST = 8  # a panel of panels is three; each takes queries of its own


def waves(pairs: Sequence[Pair]) -> Iterator[list[Pair]]:
    """Yield what points at nothing that is still to come; a circle, and what is deeper, at once."""
    here = {_address(seen): seen.index for seen, _ in pairs if not seen.replaces}
    needs = {
        seen.index: {here[each] for each in references(seen.raw) if each in here} - {seen.index}
        for seen, _ in pairs
    }
    left, number = list(pairs), 1
    while left:
        coming = {seen.index for seen, _ in left}
        wave = [pair for pair in left if not needs[pair[0].index] & coming]
        if not wave or number == DEEPEST:
            wave = left
        yield list(wave)
        gone = {seen.index for seen, _ in wave}
        left, number = [pair for pair in left if pair[0].index not in gone], number + 1


def relinked(pairs: Iterable[Pair], settled: Iterable[Settled]) -> list[Pair]:
    """Return Observations that point at the ids under which the others are stored."""
    kept = {
        _address(each.seen): f"{each.incoming.kind}/{each.decision.resource_id}"
        for each in settled
        if each.seen.id != each.decision.resource_id
    }
    return [_pointing(pair, kept) for pair in pairs] if kept else list(pairs)


def _pointing(pair: Pair, kept: dict[str, str]) -> Pair:
    seen, incoming = pair
    raw = rewrite(seen.raw, kept)
    if raw == seen.raw:
        return pair
    return replace(seen, raw=raw), replace(incoming, digest=digest_of(raw))


def _address(seen: Seen) -> str:
    return f"{seen.parsed.kind}/{seen.id}"
