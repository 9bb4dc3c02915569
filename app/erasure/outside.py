"""The erasures that stand outside the database: who comes back with an old copy is known by them.

One file in the data folder, only ever appended to; the log has the same lines. It holds keyed
digests, instants and grounds, and nothing by which anybody is known (SEC-44).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from uuid import UUID

import msgspec
from sqlalchemy import select

from app.erasure.states import State
from app.erasure.tables import Erasure
from app.growing import grow
from core.logging import logger

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy.orm import Session

FILE = "erased.ndjson"
log = logger(__name__)


class Erased(msgspec.Struct, frozen=True):
    """One erasure, by the digests of what was erased."""

    id: str
    digests: list[bytes]
    ground: str
    asked_at: str
    ended_at: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """The erasures that were put outside."""

    path: Path

    @classmethod
    def of(cls, data: Path) -> Self:
        """Return that of a data folder."""
        return cls(data / FILE)

    def read(self) -> tuple[Erased, ...]:
        """Return every erasure once; what is no line of ours is passed over."""
        try:
            lines = self.path.read_bytes().splitlines()
        except FileNotFoundError:
            return ()
        found = [each for each in map(_erased, lines) if each is not None]
        return tuple({each.id: each for each in found}.values())

    def append(self, erased: Iterable[Erased]) -> list[Erased]:
        """Put there what is missing, and return it; raise `OSError` where it is not there."""
        added: list[Erased] = []

        def missing() -> list[bytes]:
            known = {each.id for each in self.read()}
            added.extend(each for each in erased if each.id not in known)
            return [msgspec.json.encode(each) for each in added]

        grow(self.path, missing)
        return added


def _erased(line: bytes) -> Erased | None:
    try:
        return msgspec.json.decode(line, type=Erased)
    except (msgspec.MsgspecError, ValueError):
        return None


def done(session: Session) -> tuple[Erased, ...]:
    """Return every erasure that was done."""
    rows = session.scalars(select(Erasure).where(Erasure.state == State.DONE))
    return tuple(
        Erased(
            str(row.id),
            list(row.digests),
            row.ground,
            row.asked_at.isoformat(),
            (row.ended_at or row.asked_at).isoformat(),
        )
        for row in rows
    )


def unknown(session: Session, erased: Iterable[Erased]) -> list[Erased]:
    """Return the erasures that this database does not know: it is older than they are."""
    done = set(session.scalars(select(Erasure.id).where(Erasure.state == State.DONE)))
    return [each for each in erased if UUID(each.id) not in done]


def publish(session: Session, *, now: datetime, ledger: Ledger) -> None:  # noqa: ARG001 (a job has it)
    """Put outside, and into the log, the erasures that earlier transactions carried out."""
    known = {each.id for each in ledger.read()}
    found = [each for each in done(session) if each.id not in known]
    if not found:
        return
    for each in ledger.append(found):
        digests = ",".join(digest.hex() for digest in each.digests)
        log.info(
            "erasure",
            erasure=each.id,
            digests=digests,
            ground=each.ground,
            asked_at=each.asked_at,
            ended_at=each.ended_at,
        )
