"""Group commit: what arrives while a transaction runs goes together into the next one.

Who comes alone is served at once. Each is answered after the commit that holds its reading.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from starlette.concurrency import run_in_threadpool

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

Asked = TypeVar("Asked")
Given = TypeVar("Given")
MOST = 256  # in one transaction


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[Asked, Given]):
    asked: Asked
    answer: asyncio.Future[Given]

    def give(self, given: Given) -> None:
        if not self.answer.done():  # whoever hung up waits no longer
            self.answer.set_result(given)

    def fail(self, error: BaseException) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


class Counter(Generic[Asked, Given]):
    """One line for each key (a caller), and one transaction at a time for each line.

    Parameters
    ----------
    write : callable
        Takes a key and what those in its line ask for; returns what each is given, in order,
        after the commit. Runs in a thread. Where it raises, each is tried again alone, so that
        one bad request spoils no other.
    """

    def __init__(
        self,
        write: Callable[[Hashable, Sequence[Asked]], Sequence[Given]],
    ) -> None:
        self._write = write
        self._lines: dict[Hashable, list[_Waiting[Asked, Given]]] = {}
        self._serving: dict[Hashable, asyncio.Task[None]] = {}

    async def take(self, key: Hashable, asked: Asked) -> Given:
        """Return what is given for this, or raise what came of it."""
        answer: asyncio.Future[Given] = asyncio.get_running_loop().create_future()
        waiting = _Waiting(asked, answer)
        self._lines.setdefault(key, []).append(waiting)
        if key not in self._serving:
            self._serving[key] = asyncio.create_task(self._serve(key))
        return await waiting.answer

    async def _serve(self, key: Hashable) -> None:
        try:
            while line := self._lines.pop(key, None):
                if line[MOST:]:
                    self._lines[key] = line[MOST:]
                await self._together(key, [each for each in line[:MOST] if not each.answer.done()])
        finally:
            del self._serving[key]

    async def _together(self, key: Hashable, line: Sequence[_Waiting[Asked, Given]]) -> None:
        if not line:
            return
        asked = [each.asked for each in line]
        (given,) = await asyncio.gather(
            run_in_threadpool(self._write, key, asked), return_exceptions=True
        )
        if not isinstance(given, BaseException):
            for each, one in zip(line, given, strict=True):
                each.give(one)
        elif len(line) == 1:
            line[0].fail(given)
        else:
            for each in line:
                await self._together(key, [each])
