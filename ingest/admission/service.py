"""The gate in front of the door: budgets per address and client, and load when work piles up."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from core.clock import utc_now
from core.errors import OverloadedError, ThrottledError
from core.outbox import Priority
from core.sources import source_of
from ingest.admission.repository import Allowance, Held, untouched_since
from ingest.receipt import refuse
from ingest.screen import LARGE, cannot_wait, resources_in
from ingest.tables import Client
from ingest.urgency import alarming

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.database import Database
    from core.security import Caller
    from core.settings import Settings
    from fhir.identity import Ref
    from fhir.observation import ParsedObservation
    from ingest.people.service import Desk
    from ingest.receipt import Answer

_SHARES = "shares"  # where a session of a gated process carries its patients' budgets
SAMPLE_SECONDS = 1.0
RESERVE = 10  # alarming readings may go over a client's budget by this part of it
BULK_AGAIN_SECONDS = 30
ALL_AGAIN_SECONDS = 10
LONG_AT_ONCE = 2  # pieces of long work that an installation does within requests
LONG_SECONDS = 120  # after which a turn is over, whatever became of the process that had it
TURN_AGAIN_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Load:
    """For how many seconds work has waited that nobody has touched, by queue."""

    urgent: float = 0.0  # what is not bulk
    bulk: float = 0.0


@dataclass(slots=True)
class Backlog:
    """The load, looked up at most once a second by each process, never by each request."""

    database: Database
    load: Load = field(default_factory=Load)
    _again_at: float = 0.0

    async def now(self) -> Load:
        """Return the load; who comes while it is looked up gets the last one."""
        if time.monotonic() >= self._again_at:
            self._again_at = time.monotonic() + SAMPLE_SECONDS
            self.load = await run_in_threadpool(self._sample)
        return self.load

    def _sample(self) -> Load:
        now = utc_now()
        with self.database.transaction() as session:
            since = untouched_since(session, now=now)
        ages = {priority: (now - at).total_seconds() for priority, at in since.items()}
        bulk = ages.pop(Priority.BULK, 0.0)
        return Load(max(ages.values(), default=0.0), bulk)


@dataclass(frozen=True, slots=True)
class Arrival:
    """What somebody brings: of which type ("Bundle" too), and its bytes."""

    client: UUID
    kind: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Gate:
    """Decides who may come in now; refuses by raising `LaterError`."""

    database: Database
    settings: Settings
    allowance: Allowance
    backlog: Backlog

    @classmethod
    def open(cls, database: Database, settings: Settings, broker_url: str) -> Gate:
        """Return the gate of one process."""
        budgets = settings.budget_url
        allowance = Allowance(budgets.get_secret_value() if budgets else broker_url)
        database.info[_SHARES] = Shares(allowance, settings.limit_patient, settings.limit_user)
        return cls(database, settings, allowance, Backlog(database))

    def request(self, address: str) -> None:
        """Count a request of whatever kind from a network address."""
        self._count(f"address:{source_of(address)}", 1, self.settings.limit_address)

    def token(self, address: str) -> None:
        """Count a request for an access token from a network address."""
        self._count(f"token:{source_of(address)}", 1, self.settings.limit_token)

    def reader(self, caller: Caller) -> None:
        """Count a request of a client that stores nothing."""
        self._count(f"client:{caller.id}", 1, self.settings.limit_client)

    async def admit(self, arrival: Arrival) -> None:
        """Let a write in, or say when to come again (SEC-36, REL-25)."""
        size = resources_in(arrival.kind, arrival.body)
        load = await self.backlog.now()
        if load.urgent > self.settings.backlog_bulk_seconds:
            await run_in_threadpool(self._under_load, arrival, size, load)
        wait = self.allowance.spend(f"client:{arrival.client}", size, self.settings.limit_client)
        if wait and not await run_in_threadpool(self._from_reserve, arrival, size):
            raise ThrottledError(_OVER_BUDGET, after=wait)

    async def admit_lines(self, client: UUID, lines: int) -> None:
        """Let a part of a bulk load in, or say when to go on."""
        load = await self.backlog.now()
        limits = self.settings
        if load.urgent > limits.backlog_bulk_seconds or load.bulk > limits.backlog_all_seconds:
            raise OverloadedError(_BULK_LATER, after=BULK_AGAIN_SECONDS)
        self._count(f"client:{client}", lines, limits.limit_client)

    def _under_load(self, arrival: Arrival, size: int, load: Load) -> None:
        everybody = load.urgent > self.settings.backlog_all_seconds
        if not everybody and size <= LARGE and not self._loads_history(arrival.client):
            return
        if cannot_wait(arrival.kind, arrival.body):
            return
        if everybody:
            raise OverloadedError(_ALL_LATER, after=ALL_AGAIN_SECONDS)
        raise OverloadedError(_BULK_LATER, after=BULK_AGAIN_SECONDS)

    def _loads_history(self, client: UUID) -> bool:
        with self.database.transaction() as session:
            row = session.get(Client, client)
            return row is not None and row.history

    def _from_reserve(self, arrival: Arrival, size: int) -> bool:
        if not cannot_wait(arrival.kind, arrival.body):
            return False
        reserve = max(1, self.settings.limit_client // RESERVE)
        return not self.allowance.spend(f"reserve:{arrival.client}", size, reserve)

    def _count(self, key: str, cost: int, limit: int) -> None:
        if wait := self.allowance.spend(key, cost, limit):
            raise ThrottledError(_OVER_BUDGET, after=wait)


@dataclass(frozen=True, slots=True)
class Shares:
    """How much may be stored of each patient in a minute, and be asked for by each person."""

    allowance: Allowance
    patient: int
    user: int


def count_request(session: Session, user: UUID | None) -> None:
    """Count what a person who is signed in asks for, wherever they sit (SEC-36).

    Raises `ThrottledError` where it was too much. A process without a gate counts nothing.
    """
    shares = session.info.get(_SHARES)
    if isinstance(shares, Shares) and (
        wait := shares.allowance.spend(f"user:{user}", 1, shares.user)
    ):
        raise ThrottledError(_TOO_MUCH_ASKED, after=wait)


@contextmanager
def turn(session: Session, what: str, who: UUID | None) -> Iterator[None]:
    """Let one long piece of work of a person run at a time, and few of everybody (SEC-36).

    Raises `ThrottledError` where it is not one's turn. In a process without a gate it always is.
    """
    shares = session.info.get(_SHARES)
    if not isinstance(shares, Shares):
        yield
        return
    allowance, held = shares.allowance, list[Held]()
    names = [f"turn:{what}:{who}"], [f"turn:{what}#{n}" for n in range(LONG_AT_ONCE)]
    try:
        for wanted, said in zip(names, (_YOURS_RUNS, _OTHERS_RUN), strict=True):
            mine = allowance.hold(wanted, LONG_SECONDS)
            if mine is None:
                raise ThrottledError(said, after=TURN_AGAIN_SECONDS)
            held.append(mine)
        yield
    finally:
        for each in held:
            allowance.let_go(each)


def over_share(
    desk: Desk, parsed: Mapping[int, ParsedObservation], patients: Mapping[Ref, UUID]
) -> dict[int, Answer]:
    """Return the answers to those readings whose patient has used up the budget (REL-28).

    An alarming reading is taken all the same; what an ungated process stores is not counted.
    """
    shares = desk.session.info.get(_SHARES)
    if not isinstance(shares, Shares):
        return {}
    whose = {index: patients[each.subject] for index, each in parsed.items() if each.subject}
    counted = Counter(f"patient:{patient}" for patient in whose.values())
    waits = shares.allowance.spend_all(counted, shares.patient)
    return {
        index: refuse(429, "throttled", _OVER_SHARE, "Observation.subject")
        for index, patient in whose.items()
        if waits[f"patient:{patient}"] and not any(map(alarming, parsed[index].measurements))
    }


_YOURS_RUNS = (
    "This is being worked out for you already, perhaps in another window. Wait until it is done,"
    " then try again."
)
_OTHERS_RUN = "This is being worked out for others at the moment. Try again in a few seconds."
_OVER_SHARE = "more was sent of this patient than is agreed for a minute: send it again after that"
_TOO_MUCH_ASKED = "You have asked for very many pages within a minute. Wait a minute, then go on."
_OVER_BUDGET = (
    "more was sent than is agreed for this time: nothing was taken; wait as Retry-After says"
)
_BULK_LATER = (
    "work has piled up, and bulk loads wait first: nothing was taken; come again as Retry-After"
    " says, or send at most 100 readings at once"
)
_ALL_LATER = (
    "work has piled up, and only alarming readings are taken now: nothing was taken; come again"
    " as Retry-After says"
)
