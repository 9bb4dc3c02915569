"""Looks once a day whether the people scored are those of the training, and what came of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from app.follow_up import repository as days
from app.model_watch import repository
from app.periods import first
from monitoring.drift import Drift, Moved, counted, drifted, placed
from monitoring.features import FEATURES
from monitoring.live_calibration import Band, Fit, calibrated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray
    from sqlalchemy.orm import Session

    from monitoring.models.scorers import Scorers
    from monitoring.risk import Model

    Counts = NDArray[np.int64]

JOB = "model-watch"
DRIFT, CALIBRATION = "drift", "calibration"
LATELY = timedelta(days=7)
LOOKED_BACK = timedelta(days=90)
KEPT = timedelta(days=400)
HELD = 250  # people whose values are held at a time


def look(session: Session, *, now: datetime, models: Callable[[Session], Scorers]) -> None:
    """Once a day, look at the model that judges and at those in shadow; each finding is a row.

    What people are scored on is the same for all: drift is looked for once.
    """
    if first(session, JOB, f"{now:%Y-%m-%d}", now=now):
        who = models(session)
        if who.judging is not None:
            look_for_drift(session, who.judging, now=now)
            hold_against_outcomes(session, who.judging, now=now)
        for model in who.shadows:
            hold_against_outcomes(session, model, now=now)
        repository.forget(session, before=(now - KEPT).date())


def look_for_drift(session: Session, model: Model, *, now: datetime) -> None:
    """Compare what people were scored on of late with what the model was trained on."""
    edges = _edges(model)
    counts = {name: np.zeros(len(each) + 2, dtype=np.int64) for name, each in edges.items()}
    people = 0
    for described in _in_parts(session, now=now):
        people += len(described)
        for column, (name, each) in zip(described.T, edges.items(), strict=True):
            counts[name] += counted(placed(each, column), len(each) + 1)
    shares = _shares(model)
    moved = [asdict(each) for each in drifted(shares, counts)]
    found: dict[str, Any] = {"people": people, "shares_known": bool(shares), "moved": moved}
    repository.keep(session, DRIFT, model.id, now.date(), at=now, found=found)


def _shares(model: Model) -> dict[str, list[float]]:
    """Return how the training data spread over the bins of each feature; empty if not kept."""
    kept = model.card.get("shares") or []
    names = [feature.name for feature in FEATURES]
    return dict(zip(names, kept, strict=True)) if len(kept) == len(names) else {}


def _edges(model: Model) -> dict[str, NDArray[np.float64]]:
    """Return the lower bounds of the bins of each feature, without the padding."""
    return {
        feature.name: row[np.isfinite(row)]
        for feature, row in zip(FEATURES, model.edges, strict=True)
    }


def _in_parts(session: Session, *, now: datetime) -> Iterator[NDArray[np.float64]]:
    """Yield float64[n, f], no more than a few hundred people at a time."""
    held: list[list[float]] = []
    for values in repository.lately(session, since=now - LATELY, salt=f"{now:%Y-%m-%d}"):
        held.append([_number(values, feature.name) for feature in FEATURES])
        if len(held) == HELD:
            yield np.array(held)
            held = []
    if held:
        yield np.array(held)


def _number(values: Mapping[str, float | None], name: str) -> float:
    value = values.get(name)
    return float("nan") if value is None else value


def hold_against_outcomes(session: Session, model: Model, *, now: datetime) -> None:
    """Compare what the model predicted in the last 90 days with what came of it."""
    since = (now - LOOKED_BACK).date()
    scored, left_out = days.counted(session, model.id, since=since)
    bands = calibrated(scored, days.followed(session, model.id, since=since))
    ever = days.ever_counted(session, model.id, since=since)
    gone = max(ever - sum(band.days for band in bands), 0)
    found = {"bands": [asdict(band) for band in bands], "left_out": left_out, "gone": gone}
    repository.keep(session, CALIBRATION, model.id, now.date(), at=now, found=found)


@dataclass(frozen=True, slots=True)
class DriftFound:
    """The last look for drift; `shares_known` is False where training kept no shares."""

    at: datetime
    people: int
    shares_known: bool
    moved: list[Moved]


@dataclass(frozen=True, slots=True)
class CalibrationFound:
    """The last look at outcomes; `gone` is how many days were counted once and no longer are."""

    at: datetime
    left_out: int
    gone: int
    bands: list[Band]


def drift_of(session: Session, model_id: str) -> DriftFound | None:
    """Return the last look for drift of a model, or None."""
    row = repository.newest(session, DRIFT, model_id)
    if row is None:
        return None
    moved = [Moved(**{**each, "word": Drift(each["word"])}) for each in row.found["moved"]]
    return DriftFound(row.at, row.found["people"], row.found["shares_known"], moved)


def calibration_of(session: Session, model_id: str) -> CalibrationFound | None:
    """Return the last look at outcomes of a model, or None."""
    row = repository.newest(session, CALIBRATION, model_id)
    if row is None:
        return None
    bands = [Band(**{**each, "fit": Fit(each["fit"])}) for each in row.found["bands"]]
    gone = row.found.get("gone", 0)  # of which earlier looks said nothing
    return CalibrationFound(row.at, row.found["left_out"], gone, bands)
