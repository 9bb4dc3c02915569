"""Fetches the public keys that a client keeps at an address, and remembers them for a while."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any

from core.errors import InvalidError, UnauthenticatedError
from core.outward import OutwardError
from fhir.outcome import Refusal
from fhir.strict import decode

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.outward import Outward

OK = 200
FAULT = 500
MOST_ADDRESSES = 256  # remembered; the one that was asked first makes room
FRESH = timedelta(minutes=5)
# A kid that is not known may be a new key, or somebody who makes us fetch: not more than this.
# So long nobody asks again either where nobody answered.
AGAIN = timedelta(seconds=30)
# What was last heard counts so long while nobody answers: readings go on meanwhile.
LASTS = timedelta(hours=1)
WAIT_SECONDS = 1.0  # so long one request waits for another that asks the same
MOST_KEYS = 32
PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "k"})


class _AwayError(Exception):
    """Nobody answers at an address: it says nothing about the keys."""


@dataclass(slots=True)
class _Held:
    """What an address answered last, and when it last did not."""

    keys: dict[str, Any] = field(default_factory=dict)
    fetched: datetime | None = None
    failed: datetime | None = None
    asking: Lock = field(default_factory=Lock)

    def fresh(self, kid: str, *, now: datetime) -> bool:
        """Return whether nobody need be asked for a key."""
        if self.fetched is None:
            return False
        known = any(key.get("kid") == kid for key in self.keys["keys"])
        return now - self.fetched < (FRESH if known else AGAIN)

    def rests(self, *, now: datetime) -> bool:
        """Return whether nobody answered just now."""
        return self.failed is not None and now - self.failed < AGAIN

    def still(self, *, now: datetime) -> dict[str, Any]:
        """Return what was heard last; raise `UnauthenticatedError` where that is too long ago."""
        if self.fetched is None or now - self.fetched >= LASTS:
            raise UnauthenticatedError("the registered key set could not be fetched")
        return self.keys


@dataclass(frozen=True, slots=True)
class KeySets:
    """What the addresses answered; every process remembers for itself."""

    outward: Outward
    clock: Callable[[], datetime]
    held: dict[str, _Held] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def at(self, address: str, kid: str) -> dict[str, Any]:
        """Return the key set of an address, fetched anew where it is old or lacks this key.

        One request asks, the others wait a moment: an address that hangs holds no more than one
        thread for long, whoever names its client.

        Raises
        ------
        UnauthenticatedError
            Where there is no key set to be had; nothing about the address is said.
        """
        now, held = self.clock(), self._of(address)
        if held.fresh(kid, now=now):
            return held.keys
        if held.rests(now=now) or not held.asking.acquire(timeout=WAIT_SECONDS):
            return held.still(now=now)
        try:
            if not held.fresh(kid, now=now) and not held.rests(now=now):
                self._ask(address, held, now=now)
        finally:
            held.asking.release()
        return held.still(now=now)

    def _of(self, address: str) -> _Held:
        with self.lock:
            while address not in self.held and len(self.held) >= MOST_ADDRESSES:
                self.held.pop(next(iter(self.held)))
            return self.held.setdefault(address, _Held())

    def _ask(self, address: str, held: _Held, *, now: datetime) -> None:
        try:
            held.keys = self._fetched(address)
        except _AwayError:
            held.failed = now
        else:
            held.fetched, held.failed = now, None

    def _fetched(self, address: str) -> dict[str, Any]:
        try:
            answer = self.outward.send("GET", address, headers={"Accept": "application/json"})
        except OutwardError as error:
            raise _AwayError from error
        except InvalidError as error:
            raise UnauthenticatedError("the registered key set could not be fetched") from error
        if answer.status >= FAULT:
            raise _AwayError
        found = decode(answer.body) if answer.status == OK else None
        if found is None or isinstance(found, Refusal):
            raise UnauthenticatedError("the registered address answers with no key set")
        return usable(found)


def usable(found: dict[str, Any]) -> dict[str, Any]:
    """Return a key set of public keys; raise where it is none, or where it gives a secret away."""
    keys = found.get("keys")
    if not isinstance(keys, list) or not all(isinstance(each, dict) for each in keys):
        raise UnauthenticatedError("the registered address answers with no key set")
    if len(keys) > MOST_KEYS or any(PRIVATE & set(key) for key in keys):
        raise UnauthenticatedError("the registered key set must hold public keys, and at most 32")
    return {"keys": keys}
