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
MOST_ADDRESSES = 256  # remembered; the one that was fetched first makes room
FRESH = timedelta(minutes=5)
# A kid that is not known may be a new key, or somebody who makes us fetch: not more than this.
AGAIN = timedelta(seconds=30)
MOST_KEYS = 32
PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "k"})


@dataclass(frozen=True, slots=True)
class _Held:
    keys: dict[str, Any]
    fetched: datetime


@dataclass(frozen=True, slots=True)
class KeySets:
    """What the addresses answered; every process remembers for itself."""

    outward: Outward
    clock: Callable[[], datetime]
    held: dict[str, _Held] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def at(self, address: str, kid: str) -> dict[str, Any]:
        """Return the key set of an address, fetched anew where it is old or lacks this key.

        Raises
        ------
        UnauthenticatedError
            Where there is no key set to be had; nothing about the address is said.
        """
        now, held = self.clock(), self.held.get(address)
        if held is not None:
            age = now - held.fetched
            known = any(key.get("kid") == kid for key in held.keys["keys"])
            if age < (FRESH if known else AGAIN):
                return held.keys
        keys = self._fetched(address)
        with self.lock:
            self.held.pop(address, None)
            while len(self.held) >= MOST_ADDRESSES:
                self.held.pop(next(iter(self.held)))
            self.held[address] = _Held(keys, now)
        return keys

    def _fetched(self, address: str) -> dict[str, Any]:
        try:
            answer = self.outward.send("GET", address, headers={"Accept": "application/json"})
        except (InvalidError, OutwardError) as error:
            raise UnauthenticatedError("the registered key set could not be fetched") from error
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
