"""What the learned score costs: in batch, of one person, in training; and the simulator.

`make bench ARGS="score --people 200"`: people with 90 days of eight signals, as `bench/assess.py`
has them; medians of repeats, each step in turn within one run, each on so many processes.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import cache, partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from sqlalchemy import text

import app.migrate
from bench.assess import DAYS, SIGNALS, enrol, load, measured
from core.clock import utc_now
from core.database import Database
from core.embedded import servers
from core.settings import Environment, Settings
from core.slices import SIZE
from ingest import repository as people
from lab.asking import asks_of
from lab.scenarios import WORLDS
from lab.simulator import simulate
from monitoring import features, risk, service, windows
from monitoring.reach import READ_BACK, WEIGHT_BACK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from uuid import UUID

    from numpy.typing import NDArray

    from monitoring.windows import History

    Floats = NDArray[np.float64]

YEAR = 365
FEWER = 20  # so many times fewer people have their parts made into objects
PARTS_AT_ONCE = 500  # people whose parts are made objects of at a time
GOAL = 200.0  # patient-years a minute: 1,000 in five minutes


class Ready(NamedTuple):
    """What workers are given by being forked: nothing of it is sent."""

    address: str
    keys: str
    now: datetime
    people: list[UUID]
    histories: list[History]
    described: Floats
    model: risk.Model


Step = tuple[int, int]  # from which to which person
_ready: list[Ready] = []


@cache
def _database(process: int) -> Database:
    """Return this process's own connections."""
    _ = process
    return Database(_ready[0].address, field_keys=_ready[0].keys)


def loading(span: Step) -> None:
    """Fetch rows and make nothing of them: the ceiling."""
    ready = _ready[0]
    with _database(os.getpid()).transaction() as session:
        load(session, ready.people[slice(*span)], now=ready.now)


def describing(span: Step) -> None:
    """Describe and score people whose readings are arranged."""
    ready, at = _ready[0], _ready[0].now.timestamp()
    rows = [features.describe(each, at) for each in ready.histories[slice(*span)]]
    risk.score(ready.model, np.array(rows))


def looking_up(span: Step) -> None:
    """Look up the probability of every head, features being ready."""
    ready = _ready[0]
    risk.log_odds(ready.model, ready.described[slice(*span)], ready.model.heads)


def with_parts(span: Step) -> None:
    """Score with every exact part as an object, features being ready."""
    ready = _ready[0]
    for first in range(span[0], span[1], PARTS_AT_ONCE):
        risk.score(ready.model, ready.described[first : min(first + PARTS_AT_ONCE, span[1])])


def spans(count: int, workers: int) -> list[Step]:
    """Return equal shares of so many people."""
    edges = np.linspace(0, count, workers + 1).astype(int).tolist()
    return list(pairwise(edges))


def seconds_of(work: Callable[[], object]) -> float:
    """Return how long it takes by the clock."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _all(pool: ProcessPoolExecutor, step: Callable[[Step], None], shares: list[Step]) -> None:
    list(pool.map(step, shares))


def in_batch(ready: Ready, workers: int, repeats: int) -> dict[str, float]:
    """Return the median seconds for one person of each step, tried in turn."""
    _ready[:] = [ready]
    crowd, whole = len(ready.described), len(ready.people)
    steps = {loading: whole, describing: whole, looking_up: crowd, with_parts: crowd // FEWER}
    taken: dict[str, list[float]] = {step.__name__: [] for step in steps}
    fork = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(workers, mp_context=fork) as pool:
        list(pool.map(loading, spans(min(whole, SIZE), workers)))  # connections are made
        for _ in range(repeats):
            for step, count in steps.items():
                work = partial(_all, pool, step, spans(count, workers))
                taken[step.__name__].append(seconds_of(work) / count)
    return {name: statistics.median(each) for name, each in taken.items()}


def alone(ready: Ready, repeats: int) -> float:
    """Return the median seconds for which one person waits, live."""
    few = ready.histories[: 20 * repeats]
    return statistics.median(seconds_of(partial(_one, ready, past)) for past in few)


def _one(ready: Ready, past: History) -> None:
    described = features.describe(past, ready.now.timestamp())
    risk.score(ready.model, described.reshape(1, -1))


@contextmanager
def prepared(count: int, crowd: int) -> Iterator[Ready]:
    """Yield stored people, their arranged readings, and the features of a crowd made of them."""
    now, model = utc_now(), service.load_model()
    if model is None:
        raise SystemExit("there is no model to measure")
    with tempfile.TemporaryDirectory() as name:
        settings = Settings(environment=Environment.TEST, data=Path(name))
        with servers(settings, broker=False) as running:
            app.migrate.upgrade(running.migration_database_url, app_role=settings.app_role)
            database = Database(running.migration_database_url, field_keys=running.field_keys)
            with database.transaction() as session:
                ids = enrol(session, count, until=now)
                measured(session, ids, days=range(1, DAYS + 1), until=now)
            with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as line:
                line.execute(text("vacuum analyze"))
            histories = arranged(database, ids, now=now)
            database.close()
            rows = np.array([features.describe(each, now.timestamp()) for each in histories])
            many = rows[np.arange(crowd) % count]
            url, keys = running.database_url, running.field_keys
            yield Ready(url, keys, now, ids, histories, many, model)


def arranged(database: Database, ids: Sequence[UUID], *, now: datetime) -> list[History]:
    """Return the histories of people as the judgement reads them."""
    gate = service.load_site_rules().rulebook.gate
    back, weight = now - READ_BACK, now - WEIGHT_BACK
    with database.transaction() as session:
        records = people.everybody(session, ids)
        who = people.people_of(session, {id_: (id_, records[id_]) for id_ in ids})
        known = people.blocks_of_people(session, records, since=back, weight_since=weight)
        return [windows.arranged(who[id_], known[id_], (), gate=gate) for id_ in ids]


def trained(patients: int, days: int) -> tuple[float, float]:
    """Return the seconds and the peak of memory (MiB) of `wardlight train`, a process apart."""
    with tempfile.TemporaryDirectory() as name:
        where = Path(name) / "artefact.json"
        size = ["--patients", str(patients), "--days", str(days), "--output", str(where)]
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "train", *size], stdout=subprocess.DEVNULL
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        taken = time.perf_counter() - started
    if process.returncode:
        raise SystemExit("the training failed")
    return taken, used.ru_maxrss / 1024


def simulated(years: int, repeats: int) -> float:
    """Return the median patient-years a minute of the simulator, on one core."""
    asks = asks_of(service.load_rulebook())

    def lives() -> None:
        for _ in simulate(years, YEAR, world=WORLDS["base"], seed=1, asks=asks):
            pass

    return 60 * years / statistics.median(seconds_of(lives) for _ in range(repeats))


NAMES = {
    "loading": "loading the rows (the ceiling)",
    "describing": "describing and scoring",
    "looking_up": "scoring alone, probabilities of all heads",
    "with_parts": "scoring alone, with all exact parts",
}


def main(arguments: Sequence[str] = ()) -> None:
    """Measure batch, one person, training and simulator in turn."""
    parser = argparse.ArgumentParser(prog="bench score")
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument(
        "--crowd", type=int, default=100_000, help="People whose features are ready."
    )
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--train", type=int, nargs=2, default=(100, 180), help="People and days.")
    parser.add_argument("--years", type=int, default=40, help="Patient-years to simulate.")
    chosen = parser.parse_args(arguments)
    with prepared(chosen.people, chosen.crowd) as ready:
        each = in_batch(ready, chosen.workers, chosen.repeats)
        live = alone(ready, chosen.repeats)
        heads = len(ready.model.heads)
    print(
        f"{chosen.people} people, {DAYS} days of {len(SIGNALS)} signals,"
        f" {chosen.workers} processes; ready features of {chosen.crowd:,};"
        f" {len(features.FEATURES)} features, {heads} heads;"
        f" load of the machine {os.getloadavg()[0]:.1f}"
    )
    for name, seconds in each.items():
        ratio = seconds / each["loading"]
        print(f"{NAMES[name]:>42}: {1 / seconds:10,.0f} people/s, {ratio:7.4f} x loading")
    print(f"one person live, described and scored: {1000 * live:.1f} ms (median)")
    taken, memory = trained(*chosen.train)
    print(
        f"wardlight train, {chosen.train[0]} people of {chosen.train[1]} days:"
        f" {taken:.0f} s, {memory:.0f} MiB at the most"
    )
    rate = simulated(chosen.years, chosen.repeats)
    print(
        f"simulator, lives as arrays: {rate:,.0f} patient-years a minute on one core,"
        f" {rate / GOAL:.1f} x the goal (1,000 in five minutes)"
    )


if __name__ == "__main__":
    main()
