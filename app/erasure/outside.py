"""The erasures that stand outside the database: who comes back with an old copy is known by them.

One file in the data folder, only ever appended to; the log has the same lines. It holds keyed
digests, instants and grounds, and nothing by which anybody is known (SEC-44).

A process that died over a line leaves a part of it, which says whose erasure it was: the next one
writes it again, from what the database knows. A part of which nobody knows the rest may be
somebody who comes back, and stops whatever would begin to work with them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Self
from uuid import UUID

import msgspec
from sqlalchemy import select

from app.erasure.damage import MEND, damaged
from app.erasure.states import State
from app.erasure.tables import Erasure
from app.growing import grow
from core.errors import InvalidError
from core.logging import logger

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from sqlalchemy.orm import Session

FILE = "erased.ndjson"
UNREADABLE = f"{FILE} cannot be read: let the user that Wardlight runs as own the data folder"
_BEGUN = re.compile(rb'\{"id":"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"')
_DONE = Erasure.state == State.DONE
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
        """Return every erasure once; of what is damaged `lost` tells."""
        found = [each for each in map(_erased, self._lines()) if each is not None]
        return tuple({each.id: each for each in found}.values())

    def lost(self, known: Collection[str]) -> list[int]:
        """Return which lines are damaged, from 1, and of no erasure that is known.

        Known is what is whole in another line, and what `known` says besides, by its id.
        """
        whole = {each.id for each in self.read()}.union(known)
        return [
            number
            for number, line in enumerate(self._lines(), start=1)
            if line.strip() and _erased(line) is None and not _of_known(line, whole)
        ]

    def _lines(self) -> list[bytes]:
        try:
            return self.path.read_bytes().split(b"\n")
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise InvalidError(UNREADABLE, field="erased") from error

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
        found = msgspec.json.decode(line, type=Erased)
        UUID(found.id)
        for said in (found.asked_at, found.ended_at):
            datetime.fromisoformat(said)
    except (msgspec.MsgspecError, ValueError):
        return None
    return found


def _of_known(line: bytes, known: Collection[str]) -> bool:
    """Return whether a damaged line says of which erasures it is, and all of them are known."""
    begun = {each.decode() for each in _BEGUN.findall(line)}
    return bool(begun) and begun <= set(known)


def need_whole(ledger: Ledger, known: Collection[str]) -> None:
    """Raise `InvalidError` where a line is damaged of which nobody knows whose erasure it was."""
    if lost := ledger.lost(known):
        raise InvalidError(f"{damaged(lost)}: {MEND}", field="erased")


def done(session: Session) -> tuple[Erased, ...]:
    """Return every erasure that was done."""
    rows = session.scalars(select(Erasure).where(_DONE))
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


def known(session: Session) -> set[str]:
    """Return the ids of every erasure that was done."""
    return {str(id_) for id_ in session.scalars(select(Erasure.id).where(_DONE))}


def unknown(session: Session, erased: Iterable[Erased]) -> list[Erased]:
    """Return the erasures that this database does not know: it is older than they are."""
    done = known(session)
    return [each for each in erased if each.id not in done]


def publish(session: Session, *, now: datetime, ledger: Ledger) -> None:  # noqa: ARG001 (a job has it)
    """Put outside, and into the log, the erasures that earlier transactions carried out."""
    outside = {each.id for each in ledger.read()}
    found = [each for each in done(session) if each.id not in outside]
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
