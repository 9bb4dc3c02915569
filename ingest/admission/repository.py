"""What the processes share to decide who may come in: budgets in the broker, age of the work."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING
from uuid import uuid4

import redis
from sqlalchemy import func, select

from core.logging import logger
from core.outbox import Outbox, Priority, State, Topic, stands

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

log = logger(__name__)
WINDOW_SECONDS = 60.0
BLOCKS = 100  # a block taken ahead is at most this part of a budget
KEPT_KEYS = 20_000
TIMEOUT_SECONDS = 0.2
AWAY_SECONDS = 10.0  # how long the broker is left alone after it did not answer

# One window per key, opened by its first use. Grants as much of `want` as is left, or nothing
# where that is less than `need`; says how many milliseconds the window still lasts.
_TAKE = """
local used = tonumber(redis.call('GET', KEYS[1]) or '0')
local need, want, limit = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local grant = math.min(want, limit - used)
if grant < need then grant = 0 end
if grant > 0 then
  redis.call('INCRBY', KEYS[1], grant)
  if used == 0 then redis.call('PEXPIRE', KEYS[1], ARGV[4]) end
end
return {grant, redis.call('PTTL', KEYS[1])}
"""


_LET_GO = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
"""


@dataclass(frozen=True, slots=True)
class Held:
    """A name that somebody has for a while; `here`: as this process alone knows it."""

    token: str
    seconds: int
    name: str = ""
    here: bool = False


@dataclass(slots=True)
class _Held:
    """What this process took ahead of one budget, and until when it may be spent."""

    tokens: int
    until: float


@dataclass(slots=True)
class Allowance:
    """Budgets that all processes share: what is granted is never more than the limit (SEC-36).

    A process takes blocks ahead, so that most requests cost no round trip; what it does not
    spend within the window is lost to everybody, so less than the limit may be granted, by at
    most a block for each process. While the server is away, or where RabbitMQ is the broker and
    no Valkey is named for budgets, each process grants a whole budget by itself: the door stays
    open (REL-39).
    """

    broker_url: str
    window: float = WINDOW_SECONDS
    _held: OrderedDict[str, _Held] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)
    _client: redis.Redis | None = None
    _away_until: float = 0.0

    def spend(self, key: str, cost: int, limit: int) -> int:
        """Spend of a budget and return 0, or return in how many seconds there is more."""
        return self.spend_all({key: cost}, limit)[key]

    def spend_all(self, costs: Mapping[str, int], limit: int) -> dict[str, int]:
        """Spend of several budgets of one size, in at most one round trip."""
        capped = {key: min(cost, limit) for key, cost in costs.items()}
        missing = {k: cost for k, cost in capped.items() if not self._spent_here(k, cost)}
        answers = dict.fromkeys(costs, 0)
        for key, (granted, left) in self._granted(missing, limit).items():
            if granted:
                self._keep(key, granted - missing[key], left)
            else:
                answers[key] = max(1, round(left + 0.5))
        return answers

    def hold(self, names: Sequence[str], seconds: int) -> Held | None:
        """Take the first of some names that nobody has, for so long at most; None where none is.

        While the server is away each process keeps its own names.
        """
        held = Held(uuid4().hex, seconds)
        if self._counts():
            try:
                asked = self._client or self._connect()
                for name in names:
                    if asked.set(f"wardlight:{name}", held.token, nx=True, ex=seconds):
                        return replace(held, name=name)
            except (redis.RedisError, OSError) as error:
                self._leave_alone(error)
            else:
                return None
        return next((replace(held, name=n, here=True) for n in names if self._take(n, held)), None)

    def let_go(self, held: Held) -> None:
        """Give a name back, unless its time was over and somebody else has it."""
        if held.here:
            with self._lock:
                self._held.pop(f"name:{held.name}", None)
            return
        try:
            (self._client or self._connect()).eval(_LET_GO, 1, f"wardlight:{held.name}", held.token)
        except (redis.RedisError, OSError) as error:
            self._leave_alone(error)  # it ends by itself

    def _take(self, name: str, held: Held) -> bool:
        now = time.monotonic()
        with self._lock:
            known = self._held.get(f"name:{name}")
            if known is not None and known.until > now:
                return False
            self._held[f"name:{name}"] = _Held(0, now + held.seconds)
        return True

    def _spent_here(self, key: str, cost: int) -> bool:
        with self._lock:
            held = self._held.get(key)
            if held is None or held.until <= time.monotonic() or held.tokens < cost:
                return False
            held.tokens -= cost
            return True

    def _keep(self, key: str, tokens: int, left: float) -> None:
        now = time.monotonic()
        with self._lock:
            held = self._held.pop(key, None)
            # What is left of an earlier window may not be carried into this one.
            same = held is not None and held.until > now and now + left < held.until + 1
            rest = held.tokens if held is not None and same else 0
            self._held[key] = _Held(rest + tokens, now + left)
            while len(self._held) > KEPT_KEYS:
                self._held.popitem(last=False)

    def _granted(self, costs: Mapping[str, int], limit: int) -> dict[str, tuple[int, float]]:
        """Return what is granted of each, and how many seconds its window still lasts."""
        if not costs:
            return {}
        if not self._counts():
            return {key: self._alone(key, limit) for key in costs}
        try:
            return self._asked(costs, limit)
        except (redis.RedisError, OSError) as error:
            self._leave_alone(error)
            return {key: self._alone(key, limit) for key in costs}

    def _counts(self) -> bool:
        """Return whether there is a server to count, as far as is known."""
        amqp = self.broker_url.startswith(("amqp://", "amqps://"))
        return not amqp and time.monotonic() >= self._away_until

    def _leave_alone(self, error: Exception) -> None:
        log.warning("budgets are kept by each process alone", error=type(error).__name__)
        self._away_until = time.monotonic() + AWAY_SECONDS

    def _asked(self, costs: Mapping[str, int], limit: int) -> dict[str, tuple[int, float]]:
        ahead, window = limit // BLOCKS, int(self.window * 1000)
        asked = (self._client or self._connect()).pipeline(transaction=False)
        for key, cost in costs.items():
            asked.eval(_TAKE, 1, f"wardlight:{key}", cost, max(cost, ahead), limit, window)
        pairs = zip(costs, asked.execute(), strict=True)
        return {key: (int(granted), max(0.0, int(left) / 1000)) for key, (granted, left) in pairs}

    def _alone(self, key: str, limit: int) -> tuple[int, float]:
        """Grant a whole budget for a window, once: nothing while it is not over."""
        now = time.monotonic()
        with self._lock:
            held = self._held.get(f"alone:{key}")
            if held is not None and held.until > now:
                return 0, held.until - now
            self._held[f"alone:{key}"] = _Held(0, now + self.window)
        return limit, self.window

    def _connect(self) -> redis.Redis:
        self._client = redis.Redis.from_url(
            self.broker_url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
        )
        return self._client

    def close(self) -> None:
        """Hang up."""
        if self._client is not None:
            self._client.close()


def untouched_since(session: Session, *, now: datetime) -> dict[int, datetime]:
    """Return for each priority since when its oldest work waits that nobody has tried yet.

    What failed and is tried again later does not count: it says nothing about the load. Nor does
    the probe of a group of workers that was stopped: the others may be idle.
    """
    ages = {}
    for priority in (Priority.CRITICAL, Priority.NORMAL, Priority.BULK):
        oldest = session.scalar(
            select(func.min(Outbox.next_try_at)).where(
                stands(State.OPEN, State.LEASED),
                Outbox.priority == priority,
                Outbox.next_try_at <= now,
                Outbox.attempts == 0,
                Outbox.topic != Topic.PROBE,
            )
        )
        if oldest is not None:
            ages[priority] = oldest
    return ages
