"""The learned risk: an additive score read from plain arrays, whose explanation is the score.

Each feature adds points that depend on its value alone, so the parts sum to the log-odds
exactly: to those of the head that speaks (`monitoring.coherent`). The artefact holds numbers only
(no pickle); one that does not match these features, or was changed after training, is refused and
the rules alert without it (FT-33).
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from monitoring.coherent import carriers
from monitoring.families import ANY
from monitoring.features import FEATURES, FORMAT
from monitoring.findings import Contribution, FamilyRisk, Prediction, Risk
from monitoring.tiers import begin_in_order

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Codes = NDArray[np.int64]

ARTEFACT_FORMAT = 2
CHUNK = 2048  # rows looked up at a time: bounds the memory of a batch


class ArtefactError(ValueError):
    """The artefact is damaged, or was trained for other features."""


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """One additive predictor: of which events, within how many days.

    `points` float64[f, b + 2] are calibrated log-odds of each bin of each feature; the last
    column is for a missing value.
    """

    family: str
    horizon_days: int
    points: Floats
    intercept: float


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """An additive risk model, ready to look up.

    Attributes
    ----------
    edges : float64[f, b]
        Lower bounds of bins 1 to b of each feature, padded with infinity.
    heads : sequence
        Predictors over the same bins. The first speaks of any event within the main horizon;
        those of single families within the same horizon decide on alerts.
    thresholds : mapping
        Tier name → probability of the likeliest family at which it begins.
    burdens : mapping
        Tier name → alert episodes per patient-year at that probability, on training data.
    """

    id: str
    edges: Floats
    heads: tuple[Head, ...]
    trained_on: str
    thresholds: Mapping[str, float]
    burdens: Mapping[str, float]
    card: Mapping[str, Any]

    @property
    def points(self) -> Floats:
        """Return the points of the main head, float64[f, b + 2]."""
        return self.heads[0].points

    @property
    def intercept(self) -> float:
        """Return the log-odds at which the main head starts."""
        return self.heads[0].intercept

    @property
    def horizon_days(self) -> int:
        """Return the main horizon."""
        return self.heads[0].horizon_days

    @property
    def families(self) -> tuple[Head, ...]:
        """Return the heads by which alerts are decided: of families, else the main one."""
        return tuple(head for head in self.heads if head.family != ANY) or self.heads[:1]


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
    model = readable(payload)
    _refuse_if(not begin_in_order(model.thresholds), "its tiers do not begin at probabilities")
    return model


def readable(payload: Mapping[str, Any]) -> Model:
    """Return the model of an artefact that is not sealed by its hash yet, or raise."""
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
    width = max(len(part["edges"]) for part in parts)
    model = Model(
        id=f"risk-{payload.get('sha256', '')[:12]}",
        edges=np.array([_edges(part, width) for part in parts]),
        heads=tuple(_head(each, parts, width) for each in payload["heads"]),
        trained_on=payload["trained_on"],
        thresholds={tier["tier"]: tier["probability"] for tier in payload["thresholds"]},
        burdens={tier["tier"]: tier["per_patient_year"] for tier in payload["thresholds"]},
        card=payload["training"],
    )
    first = [head.family for head in model.heads[:1]]
    _refuse_if(first != [ANY], "the first head must speak of any event")
    return model


def _edges(part: Mapping[str, Any], width: int) -> list[float]:
    edges = part["edges"]
    _refuse_if(edges != sorted(edges), f"edges of {part['name']} are not in order")
    return [*edges, *[math.inf] * (width - len(edges))]


def _head(written: Mapping[str, Any], parts: Sequence[Mapping[str, Any]], width: int) -> Head:
    slope, offset = written["calibration"]["slope"], written["calibration"]["offset"]
    _refuse_if(len(written["points"]) != len(parts), "a head lacks features")
    rows = [_row(part, own, width) for part, own in zip(parts, written["points"], strict=True)]
    head = Head(
        family=written["family"],
        horizon_days=written["horizon_days"],
        points=slope * np.array(rows),
        intercept=slope * written["intercept"] + offset,
    )
    sound = np.isfinite(head.points).all() and math.isfinite(head.intercept) and slope > 0
    _refuse_if(not sound, "artefact holds numbers that are not finite")
    return head


def _row(part: Mapping[str, Any], own: Sequence[float], width: int) -> list[float]:
    """Return the points of the bins of one feature, padded, and last that of a missing value."""
    *points, missing = own
    bins = len(part["edges"]) + 1
    _refuse_if(len(points) != bins, f"bins of {part['name']} do not match their edges")
    return [*points, *[points[-1]] * (width + 1 - bins), missing]


def parts(model: Model, described: Floats, head: Head | None = None) -> Floats:
    """Return float64[n, f], the log-odds that each feature adds; `described` is float64[n, f]."""
    points = (head or model.heads[0]).points
    column = np.arange(len(model.edges))
    return np.concatenate([points[column, codes] for codes in _codes(model, described)])


def _codes(model: Model, described: Floats) -> Iterator[Codes]:
    for start in range(0, max(len(described), 1), CHUNK):
        yield _bins(model, described[start : start + CHUNK])


def single(values: Floats) -> NDArray[np.float32]:
    """Return values in the precision in which they are learned from.

    Edges lie on tenths as measured values do, and a value on an edge is on its other side in
    another precision.
    """
    return values.astype(np.float32)


def _bins(model: Model, described: Floats) -> Codes:
    found = np.count_nonzero(single(described)[:, :, None] >= model.edges, axis=2)
    missing = model.points.shape[1] - 1
    return np.asarray(np.where(np.isnan(described), missing, found), dtype=np.int64)


def log_odds(model: Model, described: Floats, heads: Sequence[Head]) -> Floats:
    """Return float64[n, len(heads)], binned once for all heads."""
    column = np.arange(len(model.edges))
    each = [
        np.stack([head.intercept + head.points[column, codes].sum(axis=1) for head in heads], 1)
        for codes in _codes(model, described)
    ]
    return np.concatenate(each)


def foretold(model: Model, described: Floats) -> Floats:
    """Return float64[n, heads], the probabilities that are told: no whole below one of its parts.

    Any event is at least as likely as its likeliest family, and within 14 days as within 7.
    """
    odds = log_odds(model, described, model.heads)
    return _sigmoid(np.take_along_axis(odds, carriers(model.heads, odds), axis=1))


def probabilities(model: Model, described: Floats) -> Floats:
    """Return float64[n], the probability of any event within the main horizon, without parts."""
    return foretold(model, described)[:, 0]


def likeliest(model: Model, described: Floats) -> Floats:
    """Return float64[n], the probability of the likeliest family: what thresholds are held to."""
    return np.asarray(_sigmoid(log_odds(model, described, model.families)).max(axis=1))


def _sigmoid(values: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-values)), dtype=np.float64)


def score(model: Model, described: Floats) -> list[Risk]:
    """Return a risk for each row of float64[n, f], with the exact part of each feature."""
    found: list[Risk] = []
    for start, codes in enumerate(_codes(model, described)):
        rows = described[start * CHUNK :][: len(codes)]
        found += (_risk(model, row, own) for row, own in zip(rows, codes, strict=True))
    return found


def _risk(model: Model, values: Floats, codes: Codes) -> Risk:
    column = np.arange(len(model.edges))
    rows = [head.points[column, codes] for head in model.heads]
    odds = [h.intercept + float(row.sum()) for h, row in zip(model.heads, rows, strict=True)]
    speaking = carriers(model.heads, np.array([odds]))[0].tolist()
    told = [1 / (1 + math.exp(-odds[each])) for each in speaking]
    first, by = model.heads[0], model.heads[speaking[0]]
    return Risk(
        probability=told[0],
        log_odds=odds[speaking[0]],
        intercept=by.intercept,
        contributions=_contributions(values, rows[speaking[0]]),
        horizon_days=first.horizon_days,
        model_id=model.id,
        trained_on=model.trained_on,
        others=tuple(
            Prediction(head.family, head.horizon_days, each)
            for head, each in zip(model.heads[1:], told[1:], strict=True)
        ),
        family=_family(model, values, (rows, odds)),
        by=None if by is first else Prediction(by.family, by.horizon_days, told[0]),
    )


def _family(model: Model, values: Floats, each: tuple[list[Floats], list[float]]) -> FamilyRisk:
    """Return the likeliest family with its own exact parts."""
    rows, odds = each
    apart = [n for n, head in enumerate(model.heads) if head in model.families]
    most = max(apart, key=lambda n: odds[n])
    head = model.heads[most]
    return FamilyRisk(
        family=head.family,
        probability=1 / (1 + math.exp(-odds[most])),
        log_odds=odds[most],
        intercept=head.intercept,
        contributions=_contributions(values, rows[most]),
    )


def _contributions(values: Floats, row: Floats) -> tuple[Contribution, ...]:
    return tuple(
        Contribution(f.name, f.label, None if math.isnan(value) else value, points)
        for f, value, points in zip(FEATURES, values.tolist(), row.tolist(), strict=True)
    )


def leading(contributions: Sequence[Contribution], count: int = 3) -> tuple[Contribution, ...]:
    """Return the parts that raise a score most, largest first; none that lowers it."""
    raising = [part for part in contributions if part.points > 0]
    return tuple(sorted(raising, key=lambda part: -part.points)[:count])
