"""Writes down what each Observation is called: by its sender, and by its own words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.acceptance import needs_digest
from ingest.archive.repository import add_names, find_named, versions_of
from ingest.receipt import ANSWERING, DIGEST, Name, digest_of
from ingest.revising import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from ingest.acceptance import Known
    from ingest.people.service import Desk
    from ingest.settled import Settled


def written(memory: Known) -> set[Name]:
    """Return the names that the record holds already."""
    names = {Name(*name) for name in memory.names}
    return names | {Name(kind, DIGEST, digest) for digest in memory.digests for kind in ANSWERING}


def name_all(desk: Desk, settled: Sequence[Settled], written: set[Name]) -> None:
    """Write down what each Observation is called, where that is new."""
    names: dict[Name, UUID] = {}
    for each in settled:
        if each.decision.outcome in (Outcome.TAKEN, Outcome.STALE):
            continue
        own = [Name(*name) for name in each.incoming.names]
        if needs_digest(each.incoming, each.decision):
            own.append(Name(each.incoming.kind, DIGEST, each.incoming.digest))
        for name in own:
            names.setdefault(name, each.decision.resource_id)
    for name, owner in _said_before(desk, settled).items():
        names.setdefault(name, owner)
    for name in written:
        names.pop(name, None)
    if names:
        add_names(desk.session, desk.sender.client_id, names)


def _said_before(desk: Desk, settled: Iterable[Settled]) -> dict[Name, UUID]:
    """Return all that revised Observations ever said: their first words may come again.

    A reading that gave way is no longer found by its natural key.
    """
    revised = {
        each.decision.resource_id
        for each in settled
        if each.decision.outcome is Outcome.NEW_VERSION and not each.incoming.names
    }
    versions = versions_of(desk.session, ANSWERING, revised) if revised else []
    said = {Name(each.type, DIGEST, digest_of(each.body)): each.id for each in versions}
    known = find_named(desk.session, desk.sender.client_id, said) if said else {}
    return {name: owner for name, owner in said.items() if name not in known}
