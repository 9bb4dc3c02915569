"""The card of a learned model, as far as its artefact has one, in the reader's language; pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.vitals import Severity
from monitoring.families import ANY, FAMILIES
from monitoring.features import FEATURES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from app.pages.language import Language

LABELS = {each.name: each.label for each in FEATURES}
DAY = "horizon_days"


@dataclass(frozen=True, slots=True)
class Threshold:
    """From which probability on a tier is said, and how many alerts that made in training."""

    tier: Severity
    probability: str
    burden: str


SHARES = ("predicted", "seen")  # of the days of a band
# What a card says in words of its own; what another program wrote into one stays as it is.
COLUMNS = {"rows": "Days", "predicted": "Predicted", "seen": "Seen"}


@dataclass(frozen=True, slots=True)
class Card:
    """What an artefact says of itself; what it does not say is left out."""

    facts: list[tuple[str, str]]
    codes: list[tuple[str, str]]  # hashes, versions: data
    thresholds: list[Threshold]
    measured_on: str
    calibration: list[list[str]]  # a head and its lines
    features: list[str]
    whole: str


def card_print(card: Mapping[str, Any], said: Language) -> Card:
    """Return a card for a page."""
    training = _mapping(card.get("training"))
    tiers = _rows(card.get("thresholds"))
    rest = {key: value for key, value in card.items() if key != "features"}  # listed by name
    return Card(
        facts=list(_facts(card, training, said)),
        codes=list(_codes(card, training, said)),
        thresholds=[_threshold(each) for each in tiers if each.get("tier") in tuple(Severity)],
        measured_on=_measured_on(tiers, said),
        calibration=_calibration(card, training, said),
        features=[said.say(LABELS.get(name, name)) for name in _names(card)],
        whole=json.dumps(rest, indent=2, ensure_ascii=False) if card else "",
    )


def _facts(
    card: Mapping[str, Any], training: Mapping[str, Any], said: Language
) -> Iterator[tuple[str, str]]:
    trained_on = card.get("trained_on") or training.get("trained_on")
    if trained_on:
        yield said.say("Trained on"), said.say(str(trained_on))
    spans = sorted({each for each in _horizons(card) if isinstance(each, int)})
    if spans:
        days = ", ".join(str(each) for each in spans)
        yield said.say("Predicts worsening within (days)"), days
    if heads := _rows(card.get("heads")):
        yield said.say("What it predicts"), "; ".join(_event(each, said) for each in heads)
    for key, label in (
        ("patients", said.say("Patients")),
        ("rows", said.say("Judged days")),
        ("rows_before_an_event", said.say("Days before an event")),
    ):
        if isinstance(training.get(key), int):
            yield label, said.say("{count}", count=training[key])


def _event(head: Mapping[str, Any], said: Language) -> str:
    name, days = str(head.get("family", "")), head.get(DAY, "")
    event = said.say("any worsening") if name == ANY else said.say(FAMILIES.get(name, name))
    return said.say("{event} within {days} days", event=event, days=days)


def _horizons(card: Mapping[str, Any]) -> list[Any]:
    return [card.get(DAY), *(each.get(DAY) for each in _rows(card.get("heads")))]


def _codes(
    card: Mapping[str, Any], training: Mapping[str, Any], said: Language
) -> Iterator[tuple[str, str]]:
    for key, label in (
        ("data_sha256", said.say("Hash of its data")),
        ("scikit_learn", said.say("Version of {library}", library="scikit-learn")),
        ("numpy", said.say("Version of {library}", library="numpy")),
    ):
        if training.get(key):
            yield label, str(training[key])
    heads = _rows(card.get("heads"))
    methods = (_mapping(each.get("calibration")).get("method") for each in (card, *heads))
    if method := next(filter(None, methods), ""):
        yield said.say("Calibration"), str(method)
    if card.get("sha256"):
        yield said.say("Hash of its content"), str(card["sha256"])


def _threshold(row: Mapping[str, Any]) -> Threshold:
    probability, burden = row.get("probability"), row.get("per_patient_year")
    return Threshold(
        Severity(row["tier"]),
        f"{100 * probability:.1f}\N{NO-BREAK SPACE}%"
        if isinstance(probability, float | int)
        else "",
        f"{burden:g}" if isinstance(burden, float | int) else "",
    )


def _measured_on(tiers: Sequence[Mapping[str, Any]], said: Language) -> str:
    """Return on whom the alerts of each tier were counted."""
    told = next((str(each["measured_on"]) for each in tiers if each.get("measured_on")), "")
    return said.say(told) if told else ""


def _calibration(
    card: Mapping[str, Any], training: Mapping[str, Any], said: Language
) -> list[list[str]]:
    """Return the table of what was predicted and what came, where a card has one."""
    found = next(
        (
            rows
            for where in (card, training, _mapping(card.get("calibration")))
            for key, value in where.items()
            if key in ("calibration_table", "table", "calibration")
            for rows in (_rows(value),)
            if rows
        ),
        [],
    )
    if not found:
        return []
    names = sorted(found[0], key=lambda name: (name in SHARES, name))
    return [
        [said.say(COLUMNS.get(name, name.replace("_", " "))) for name in names],
        *([_number(name, row.get(name)) for name in names] for row in found),
    ]


def _number(name: str, value: Any) -> str:
    if name in SHARES and isinstance(value, float):
        return f"{100 * value:.2f}\N{NO-BREAK SPACE}%"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _names(card: Mapping[str, Any]) -> list[str]:
    features = card.get("features")
    if not isinstance(features, list):
        return []
    return [str(each.get("name", "")) if isinstance(each, dict) else str(each) for each in features]


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _rows(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
