"""Times failed sign-ins: whether anybody could tell a known user from an unknown one (SEC-06).

`make bench ARGS="sign-in"`: 1,000 tries of each in turn, each from a source of
its own, so that nothing waits. What is compared is the 95th percentile of either; the ceiling is
one Argon2 verify at the cost that the program sets. Where other work shares the processors, what
a try waits for them says nothing: the processor's own time is compared beside it.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import app.migrate
from app.accounts.service import Attempt, NewUser, create_user, sign_in
from core.clock import utc_now
from core.database import Database
from core.embedded import servers
from core.security import Role, hash_password, password_matches
from core.settings import Environment, Settings

TRIES = 1_000
ALLOWED_MS = 5.0
PASSWORD = "four plain words suffice"  # noqa: S105 (of an account that lives as long as this)


def main(arguments: list[str]) -> None:
    """Print the percentiles of both, their difference, and what one verify costs."""
    parser = argparse.ArgumentParser(prog="bench sign-in")
    parser.add_argument("--tries", type=int, default=TRIES)
    tries = parser.parse_args(arguments).tries
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        settings = Settings(environment=Environment.TEST, data=Path(folder))
        with servers(settings) as running:
            app.migrate.upgrade(running.migration_database_url, app_role=settings.app_role)
            database = Database(running.database_url, field_keys=running.field_keys)
            known = _account(database)
            times = _timed(database, known, tries)
            database.close()
    _say(times, tries)


def _account(database: Database) -> str:
    username = f"known-{uuid4().hex[:8]}"
    with database.transaction() as session:
        new = NewUser(username, "Somebody", PASSWORD, Role.NURSE)
        create_user(session, new, now=utc_now())
    return username


def _timed(database: Database, known: str, tries: int) -> dict[str, list[float]]:
    """Return how many milliseconds each try took; the two take turns, and so does who is first."""
    measured = ("known", "unknown", "verify", "known, processor", "unknown, processor")
    times: dict[str, list[float]] = {each: [] for each in measured}
    stored = hash_password(PASSWORD)
    for number in range(tries):
        order = ("known", "unknown") if number % 2 else ("unknown", "known")
        for kind in order:
            username = known if kind == "known" else f"nobody-{number}"
            took, busy = _try(database, username)
            times[kind].append(took)
            times[f"{kind}, processor"].append(busy)
        began = time.perf_counter()
        password_matches(stored, "not it")
        times["verify"].append((time.perf_counter() - began) * 1000)
    return times


def _try(database: Database, username: str) -> tuple[float, float]:
    """Return the milliseconds of one try, and those that this process was at work in it."""
    # Each failure is forgotten, so that an account of many failures does not begin to wait.
    began, busy = time.perf_counter(), time.process_time()
    with database.transaction() as session:
        sign_in(session, Attempt(username, "not it", uuid4().hex), now=utc_now())
    took, busy = (time.perf_counter() - began) * 1000, (time.process_time() - busy) * 1000
    with database.engine.begin() as connection:
        connection.exec_driver_sql("delete from sign_in_failure")
    return took, busy


def _say(times: dict[str, list[float]], tries: int) -> None:
    late = {kind: _p95(each) for kind, each in times.items()}
    for kind, each in times.items():
        print(f"sign-in, {kind}: median {statistics.median(each):.1f} ms, p95 {late[kind]:.1f} ms")
    for what in ("", ", processor"):
        ones = times[f"known{what}"]
        apart = abs(late[f"known{what}"] - late[f"unknown{what}"])
        # What the machine itself adds: the same people, by every other try.
        noise = abs(_p95(ones[::2]) - _p95(ones[1::2]))
        verdict = "within" if apart < ALLOWED_MS else "MORE THAN"
        print(f"p95 of {tries:,} tries{what} differ by {apart:.2f} ms, {verdict} {ALLOWED_MS:g} ms")
        print(f"p95 of the known against themselves{what} differ by {noise:.2f} ms: the noise")


def _p95(each: list[float]) -> float:
    return statistics.quantiles(each, n=20)[-1]
