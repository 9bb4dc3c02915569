"""Times failed sign-ins: whether anybody could tell a known user from an unknown one (SEC-06).

`make bench ARGS="sign-in"`: 1,000 tries of each in turn at the least, each from a source of its
own, so that nothing waits; the known are tried twice in each turn, and how far they lie from
themselves is the noise. It goes on until what is left open of the difference at p95 is less than
what is allowed, or for as long as it was given. The ceiling is one Argon2 verify at the cost that
the program sets. Where other work shares the processors, what a try waits for them says little:
the processor's own time is compared beside it.
"""

from __future__ import annotations

import argparse
import statistics
import time
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from uuid import uuid4

import app.migrate
from app.accounts.service import Attempt, NewUser, create_user, sign_in
from bench.apart import LATE, MEDIAN, Apart, Turns
from core.clock import utc_now
from core.database import Database
from core.embedded import servers
from core.security import Role, hash_password, password_matches
from core.settings import Environment, Settings

if TYPE_CHECKING:
    from collections.abc import Callable

TRIES, AT_ONCE = 1_000, 60
MINUTES = 30.0
ALLOWED_MS = 5.0
VERIFIES = 20
PASSWORD = "four plain words suffice"  # noqa: S105 (of an account that lives as long as this)


def main(arguments: list[str]) -> None:
    """Print both, how far they lie apart beside the noise, and what one verify costs."""
    parser = argparse.ArgumentParser(prog="bench sign-in", description=__doc__)
    parser.add_argument("--tries", type=int, default=TRIES, help="of each, at the least")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="no longer than this")
    chosen = parser.parse_args(arguments)
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        settings = Settings(environment=Environment.TEST, data=Path(folder))
        with servers(settings) as running:
            app.migrate.upgrade(running.migration_database_url, app_role=settings.app_role)
            database = Database(running.database_url, field_keys=running.field_keys)
            turns = _turns(database, _account(database))
            _enough(turns, chosen.tries, chosen.minutes)
            _say(turns, _verify())
            database.close()


def _account(database: Database) -> str:
    username = f"known-{uuid4().hex[:8]}"
    with database.transaction() as session:
        new = NewUser(username, "Somebody", PASSWORD, Role.NURSE)
        create_user(session, new, now=utc_now())
    return username


def _turns(database: Database, known: str) -> Turns:
    numbers = count()

    def tried(username: Callable[[], str]) -> None:
        with database.transaction() as session:
            sign_in(session, Attempt(username(), "not it", uuid4().hex), now=utc_now())

    def forget() -> None:
        # So that an account of many failures does not begin to wait.
        with database.engine.begin() as connection:
            connection.exec_driver_sql("delete from sign_in_failure")

    turns = Turns(
        lambda: tried(lambda: known), lambda: tried(lambda: f"nobody-{next(numbers)}"), forget
    )
    Turns(turns.one, turns.other, forget).take(6)  # what a process does once is done
    return turns


def _enough(turns: Turns, tries: int, minutes: float) -> None:
    """Try until there are enough, and what is left open is narrow enough or time is over."""
    until = time.monotonic() + minutes * 60
    while time.monotonic() < until:
        turns.take(AT_ONCE)
        if len(turns.tries[0].clock) < tries:
            continue
        if turns.apart(LATE)[0].wide < ALLOWED_MS:
            return


def _verify() -> float:
    stored, times = hash_password(PASSWORD), []
    for _ in range(VERIFIES):
        began = time.perf_counter()
        password_matches(stored, "not it")
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def _say(turns: Turns, verify: float) -> None:
    tries = len(turns.tries[0].clock)
    print(f"sign-in, {tries:,} tries of each; one Argon2 verify: median {verify:.1f} ms")
    for by, what in (("clock", "by the clock"), ("processor", "by this process's own time")):
        one, other = (getattr(each, by) for each in turns.tries[:2])
        for name, each in (("known", one), ("unknown", other)):
            late = statistics.quantiles(each, n=20)[-1]
            print(f"{name}, {what}: median {statistics.median(each):.1f} ms, p95 {late:.1f} ms")
        for of, where in ((MEDIAN, "median"), (LATE, "p95")):
            apart, noise = turns.apart(of, by=by)
            print(f"{where}, {what}: known - unknown {apart}; known - known {noise}")
        apart, _ = turns.apart(LATE, by=by)
        print(f"p95 {what}: {_verdict(apart)}")


def _verdict(apart: Apart) -> str:
    if apart.within(ALLOWED_MS):
        return f"SHOWN: they differ by less than {ALLOWED_MS:g} ms"
    if apart.beyond(ALLOWED_MS):
        return f"REFUTED: they differ by more than {ALLOWED_MS:g} ms"
    return f"NOT SHOWN: {apart.wide:.1f} ms are left open; a quieter machine, or more --minutes"
