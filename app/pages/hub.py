"""The streams of one process: all wait for one task, which looks into the database for them.

No stream holds a connection or a thread. The task runs while somebody follows.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime

from anyio import CapacityLimiter, to_thread
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from alerts.survey import Changed
from alerts.surveying import repository as surveying
from app import lifeline
from app.pages.looking import RECENT, Follower, ended, rows_for
from core.database import Database
from core.logging import logger
from ingest.access.repository import walled

log = logger(__name__)
EVERY_SECONDS = 0.5
MOST_WAITING = 64  # messages that a slow reader may lag behind; then it must come again
MOST_OF_A_SESSION = 4  # browsers give an origin six connections on HTTP/1.1
WELL_SECONDS = 8.0  # a stream says that it is alive only if somebody looked so lately
LATE_SECONDS = 60.0  # a number that did not come by then was given up with its transaction


@dataclass(frozen=True, slots=True)
class Message:
    """One event of a stream; the last one ends it."""

    event: str
    number: int = 0
    data: str = ""
    last: bool = False

    @property
    def text(self) -> str:
        """Return the event as it is sent."""
        number = f"id: {self.number}\n" if self.number else ""
        return f"event: {self.event}\n{number}data: {self.data}\n\n"


@dataclass(eq=False, slots=True)
class Stream:
    """One open stream."""

    follower: Follower
    after: int  # what its page has read
    caught_up: bool = False
    messages: asyncio.Queue[Message] = field(
        default_factory=lambda: asyncio.Queue(maxsize=MOST_WAITING)
    )

    def say(self, message: Message) -> None:
        """Put a message in; a reader who is too slow loses them all and is told to come again."""
        if self.messages.full():
            while not self.messages.empty():
                self.messages.get_nowait()
            message = Message("again", last=True)
        self.messages.put_nowait(message)


@dataclass(slots=True)
class Trail:
    """How far the timelines were read, and which numbers below that have not come yet."""

    newest: int = -1
    missing: dict[int, float] = field(default_factory=dict)

    def follow(self, session: Session) -> list[Changed]:
        """Return what is new; the first look begins where nothing is still to come."""
        if self.newest < 0:
            self.newest, _ = surveying.newest_events(session)
        found = surveying.changed(session, self.newest, list(self.missing))
        self._note({each.number for each in found}, time.monotonic())
        return found

    @property
    def settled(self) -> int:
        """Return up to which number nothing is still to come: from there one goes on."""
        return min(self.missing, default=self.newest + 1) - 1

    def _note(self, come: Collection[int], now: float) -> None:
        top = max(come, default=self.newest)
        for number in range(self.newest + 1, top):
            self.missing[number] = now
        self.newest = max(self.newest, top)
        self.missing = {
            number: since
            for number, since in self.missing.items()
            if number not in come and now - since < LATE_SECONDS
        }


@dataclass(slots=True)
class Hub:
    """Everybody who follows the inbox in this process."""

    database: Database
    clock: Callable[[], datetime]
    streams: list[Stream] = field(default_factory=list)
    trail: Trail = field(default_factory=Trail)
    looked: float = 0.0
    _task: asyncio.Task[None] | None = None
    _thread: CapacityLimiter | None = None

    @property
    def well(self) -> bool:
        """Return whether what streams wait for is looked at."""
        return time.monotonic() - self.looked < WELL_SECONDS

    def join(self, stream: Stream) -> None:
        """Let a stream hear of changes; the oldest of too many of one session ends."""
        mine = [s for s in self.streams if s.follower.digest == stream.follower.digest]
        for each in mine[: max(0, len(mine) - MOST_OF_A_SESSION + 1)]:
            self._end(each, "elsewhere")
        self.streams.append(stream)
        if self._task is None or self._task.done():
            self.trail, self._thread = Trail(), CapacityLimiter(1)
            self._task = asyncio.create_task(self._run())

    def leave(self, stream: Stream) -> None:
        """Forget a stream."""
        if stream in self.streams:
            self.streams.remove(stream)

    def _end(self, stream: Stream, why: str) -> None:
        stream.say(Message(why, last=True))
        self.leave(stream)

    def _end_all(self) -> None:
        for each in list(self.streams):
            self._end(each, "again")

    async def _run(self) -> None:
        while self.streams:
            if lifeline.leaving.is_set():
                self._end_all()
                return
            followed = list(self.streams)
            try:
                said = await to_thread.run_sync(self._look, followed, limiter=self._thread)
            except SQLAlchemyError:
                log.warning("inbox-stream-cannot-look")
                said = []
            except BaseException:  # nobody may wait for a look that never comes again
                self._end_all()
                raise
            for stream, message in said:
                if message.last:
                    self._end(stream, message.event)
                else:
                    stream.say(message)
            await asyncio.sleep(EVERY_SECONDS)

    def _look(self, followed: list[Stream]) -> list[tuple[Stream, Message]]:
        """Return what to say to whom; in a thread, in one short transaction.

        What was read counts as read only once all of it has been said: a look that fails half way
        is made again from where the last one ended.
        """
        trail = replace(self.trail, missing=dict(self.trail.missing))
        with self.database.transaction() as session:
            over = ended(session, {s.follower for s in followed}, now=self.clock())
            changes = trail.follow(session)
            told = [
                (stream, message)
                for stream in followed
                for message in _told(session, stream, changes, trail, over.get(stream.follower))
            ]
        self.trail = trail
        for stream in followed:
            stream.caught_up = True
        self.looked = time.monotonic()
        return told


def _told(
    session: Session, stream: Stream, changes: list[Changed], trail: Trail, over: str | None
) -> list[Message]:
    if over:
        return [Message(over, last=True)]
    if stream.caught_up:
        return _rows(session, stream, changes, trail)
    missed = surveying.changed(session, stream.after)
    if len(missed) > RECENT:
        return [Message("stale", trail.settled)]
    return [Message("alive"), *_rows(session, stream, missed, trail)]


def _rows(session: Session, stream: Stream, changes: list[Changed], trail: Trail) -> list[Message]:
    if not changes:
        return []
    with walled(session, stream.follower.caller):
        rows = [asdict(each) for each in rows_for(session, stream.follower, changes)]
    data = json.dumps({"rows": rows, "read": trail.newest}, separators=(",", ":"))
    return [Message("rows", trail.settled, data)] if rows else []
