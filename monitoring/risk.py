"""The learned risk: an additive score read from plain arrays, whose explanation is the score.

Each feature adds points that depend on its value alone, so the parts sum to the log-odds
exactly. The artefact holds numbers only (no pickle); one that does not match these features,
or was changed after training, is refused and the rules alert without it (FT-33).
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from monitoring.features import FEATURES, FORMAT
from monitoring.findings import Contribution, Risk

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Codes = NDArray[np.int64]

ARTEFACT_FORMAT = 1
CHUNK = 2048  # rows looked up at a time: bounds the memory of a batch


class ArtefactError(ValueError):
    """The artefact is damaged, or was trained for other features."""


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """An additive risk model, ready to look up.

    Attributes
    ----------
    edges : float64[f, b]
        Lower bounds of bins 1 to b of each feature, padded with infinity.
    points : float64[f, b + 2]
        Calibrated log-odds of each bin; the last column is for a missing value.
    thresholds : mapping
        Tier name → probability at which it begins.
    burdens : mapping
        Tier name → alert episodes per patient-year at that probability, on training data.
    """

    id: str
    edges: Floats
    points: Floats
    intercept: float
    horizon_days: int
    trained_on: str
    thresholds: Mapping[str, float]
    burdens: Mapping[str, float]
    card: Mapping[str, Any]


def digest(payload: Mapping[str, Any]) -> str:
    """Return the content hash of an artefact: everything but the hash itself."""
    content = {key: value for key, value in payload.items() if key != "sha256"}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def load(payload: Mapping[str, Any]) -> Model:
    """Return the model of an artefact, or raise ArtefactError saying what does not match."""
    _refuse_if(not isinstance(payload, dict), "an artefact is a JSON object")
    _refuse_if(payload.get("format") != ARTEFACT_FORMAT, "unknown artefact format")
    _refuse_if(payload.get("features_format") != FORMAT, "trained for other feature meanings")
    _refuse_if(payload.get("sha256") != digest(payload), "content hash does not match")
    try:
        return _model(payload)
    except (KeyError, TypeError, AttributeError) as fault:
        raise ArtefactError(f"artefact incomplete: {fault}") from fault


def _refuse_if(fault: bool, reason: str) -> None:  # noqa: FBT001 (a condition is the point)
    if fault:
        raise ArtefactError(reason)


def _model(payload: Mapping[str, Any]) -> Model:
    parts = payload["features"]
    names = tuple(part["name"] for part in parts)
    _refuse_if(names != tuple(f.name for f in FEATURES), "trained for other features")
    slope, offset = payload["calibration"]["slope"], payload["calibration"]["offset"]
    width = max(len(part["edges"]) for part in parts)
    model = Model(
        id=f"risk-{payload['sha256'][:12]}",
        edges=np.array(
            [part["edges"] + [math.inf] * (width - len(part["edges"])) for part in parts]
        ),
        points=slope * np.array([_row(part, width) for part in parts]),
        intercept=slope * payload["intercept"] + offset,
        horizon_days=payload["horizon_days"],
        trained_on=payload["trained_on"],
        thresholds={tier["tier"]: tier["probability"] for tier in payload["thresholds"]},
        burdens={tier["tier"]: tier["per_patient_year"] for tier in payload["thresholds"]},
        card=payload["training"],
    )
    sound = np.isfinite(model.points).all() and math.isfinite(model.intercept) and slope > 0
    _refuse_if(not sound, "artefact holds numbers that are not finite")
    return model


def _row(part: Mapping[str, Any], width: int) -> list[float]:
    edges, points = part["edges"], part["points"]
    _refuse_if(len(points) != len(edges) + 1, f"bins of {part['name']} do not match their edges")
    _refuse_if(edges != sorted(edges), f"edges of {part['name']} are not in order")
    return [*points, *[points[-1]] * (width - len(edges)), part["missing"]]


def parts(model: Model, described: Floats) -> Floats:
    """Return float64[n, f], the log-odds that each feature adds; `described` is float64[n, f]."""
    column = np.arange(len(model.edges))
    return np.concatenate(
        [
            model.points[column, _bins(model, described[start : start + CHUNK])]
            for start in range(0, max(len(described), 1), CHUNK)
        ]
    )


def _bins(model: Model, described: Floats) -> Codes:
    found = np.count_nonzero(described[:, :, None] >= model.edges, axis=2)
    missing = model.points.shape[1] - 1
    return np.asarray(np.where(np.isnan(described), missing, found), dtype=np.int64)


def probabilities(model: Model, described: Floats) -> Floats:
    """Return float64[n], the probability of worsening within the horizon, without parts."""
    log_odds = model.intercept + parts(model, described).sum(axis=1)
    return np.asarray(1 / (1 + np.exp(-log_odds)), dtype=np.float64)


def score(model: Model, described: Floats) -> list[Risk]:
    """Return a risk for each row of float64[n, f], with the exact part of each feature."""
    return [
        _risk(model, values, row)
        for values, row in zip(described, parts(model, described), strict=True)
    ]


def _risk(model: Model, values: Floats, row: Floats) -> Risk:
    log_odds = model.intercept + float(row.sum())
    return Risk(
        probability=1 / (1 + math.exp(-log_odds)),
        log_odds=log_odds,
        intercept=model.intercept,
        contributions=tuple(
            Contribution(f.name, f.label, None if math.isnan(value) else value, points)
            for f, value, points in zip(FEATURES, values.tolist(), row.tolist(), strict=True)
        ),
        horizon_days=model.horizon_days,
        model_id=model.id,
        trained_on=model.trained_on,
    )


def leading(contributions: Sequence[Contribution], count: int = 3) -> tuple[Contribution, ...]:
    """Return the parts that raise a score most, largest first; none that lowers it."""
    raising = [part for part in contributions if part.points > 0]
    return tuple(sorted(raising, key=lambda part: -part.points)[:count])
