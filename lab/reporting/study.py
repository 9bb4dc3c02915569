"""Lives of every world judged once each, and every way of alerting laid over the same days."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from lab.judging import alerting
from lab.replayed import speaking
from lab.reporting.people import Watched, watched
from lab.reporting.ways import Column, columns_of, rows_of, with_columns
from lab.training_set import FAMILY_OF
from monitoring.families import ANY
from monitoring.risk import foretold, probabilities

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from lab.judging import Judges
    from lab.reporting.ways import Models
    from lab.simulator import Life
    from monitoring.plans.site_rules import SiteRules
    from monitoring.risk import Model


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """One of a model's predictions over all rows: what follows within how many days."""

    name: str
    horizon: float
    kinds: frozenset[str] | None  # of event; None: any
    foretold: NDArray[np.float64]


TRAINED_ON, NULL, LOOK_ALIKES = "base", "null", "adversarial"


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """Everybody of every world in one order, with the columns over all of their days."""

    people: tuple[Watched, ...]
    world_of: NDArray[np.str_]  # of each of the people
    columns: Mapping[str, Column]
    ruled: bool
    several: frozenset[str]  # rules of several signs
    heads: tuple[Head, ...] = ()

    @property
    def worlds(self) -> tuple[str, ...]:
        """Return the worlds in the order in which they were judged."""
        return tuple(dict.fromkeys(self.world_of.tolist()))

    def held_out(self) -> tuple[str, ...]:
        """Return the worlds that are neither trained on nor without signals."""
        return tuple(name for name in self.worlds if name not in (TRAINED_ON, NULL))

    def which(self, worlds: Iterable[str]) -> NDArray[np.bool_]:
        """Return who lives in these worlds, bool[people]."""
        return np.isin(self.world_of, list(worlds))

    def chosen(self, which: NDArray[np.bool_]) -> list[Watched]:
        """Return some of the people."""
        return [person for person, kept in zip(self.people, which.tolist(), strict=True) if kept]

    def rows(self, which: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which rows of the columns are of some of the people, bool[rows]."""
        return np.repeat(which, [len(person.days) for person in self.people])

    def foretold(self, which: NDArray[np.bool_]) -> dict[str, NDArray[np.float64]]:
        """Return the probabilities of some of the people, by column."""
        rows = self.rows(which)
        return {
            name: column.foretold[rows]
            for name, column in self.columns.items()
            if column.foretold is not None
        }


def study(
    by_world: Mapping[str, Sequence[Watched]],
    judges: Judges,
    models: Models | None,
    several: frozenset[str],
) -> Study:
    """Lay every column over the people of all worlds."""
    people = [person for each in by_world.values() for person in each]
    scored: Column | None = None
    heads: tuple[Head, ...] = ()
    if judges.model is not None:
        rows = rows_of(people)
        least = max(judges.model.thresholds.values())
        scored = Column(alerting(judges.model, rows), least, probabilities(judges.model, rows))
        heads = heads_of(judges.model, rows)
    columns = columns_of(people, scored, models)
    return Study(
        people=tuple(with_columns(people, columns, ruled=judges.rules is not None)),
        world_of=np.array([name for name, each in by_world.items() for _ in each]),
        columns=columns,
        ruled=judges.rules is not None,
        several=several,
        heads=heads,
    )


def heads_of(model: Model, rows: NDArray[np.float64]) -> tuple[Head, ...]:
    """Return every prediction of a model over the rows, as it is told."""
    told = foretold(model, rows)
    return tuple(
        Head(
            f"{head.family.replace('_', ' ')}, {head.horizon_days} d",
            head.horizon_days,
            kinds_of(head.family),
            told[:, number],
        )
        for number, head in enumerate(model.heads)
    )


def kinds_of(family: str) -> frozenset[str] | None:
    """Return the kinds of recorded event that a family speaks of; None: all of them."""
    if family == ANY:
        return None
    return frozenset(kind for kind, families in FAMILY_OF.items() if family in families)


def watch(lives: Iterable[Life], judges: Judges, workers: int) -> Iterator[Watched]:
    """Yield every life judged, in their order; with several workers, on as many processes."""
    if workers == 1:
        spoken = None if judges.rules is None else speaking(judges.rules)
        yield from (watched(life, judges, spoken) for life in lives)
        return
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(workers, context, _begin, (judges,)) as pool:
        yield from pool.map(_watched, lives)


_JUDGES: list[Judges] = []


def _begin(judges: Judges) -> None:
    _JUDGES[:] = [judges]
    _spoken.cache_clear()


@lru_cache(maxsize=1)
def _spoken() -> SiteRules | None:
    rules = _JUDGES[0].rules
    return None if rules is None else speaking(rules)


def _watched(life: Life) -> Watched:
    return watched(life, _JUDGES[0], _spoken())
