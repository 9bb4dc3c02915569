"""Which learned models score a batch of people, and what those in shadow would have said."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from monitoring import features, risk, scoring
from monitoring.findings import Tried
from monitoring.permitted import critical, unscored

if TYPE_CHECKING:
    from ingest.choices import Standing
    from monitoring.findings import Assessment, Finding
    from monitoring.risk import Model
    from monitoring.rulebook import Rulebook
    from monitoring.windows import History


@dataclass(frozen=True, slots=True)
class Scorers:
    """The model that judges, None where the rules alone do; and those that nobody hears of."""

    judging: Model | None
    shadows: tuple[Model, ...] = ()


def scorers(model: Model | Scorers | None) -> Scorers:
    """Return who scores; a model alone judges with none in shadow."""
    return model if isinstance(model, Scorers) else Scorers(model)


def as_permitted(
    found: Assessment, past: History, rulebook: Rulebook, who: Scorers, choices: Standing
) -> Assessment:
    """Return of a judgement what the person lets be made of it, with what is tried in shadow."""
    if choices.restricted:
        return critical(found)
    found = found if choices.scored else unscored(found)
    return tried(found, past, rulebook, who) if choices.followed else found


def tried(found: Assessment, past: History, rulebook: Rulebook, who: Scorers) -> Assessment:
    """Return a judgement with what each model in shadow would have said of it (AL-21).

    Nothing else of the judgement changes: nobody is told, and its effect is the same.
    """
    if not who.shadows or not len(past.contacts):
        return found
    described = features.describe(past, features.asked_at(past, found.at.timestamp()))
    if not features.enough(described):
        return found
    said = _said(found, rulebook)
    rule = rulebook.score
    row = described.reshape(1, -1)
    beside = (risk.score(model, row)[0] for model in who.shadows)
    return replace(
        found,
        tried=tuple(
            Tried(
                model_id=model.id,
                probability=scored.probability,
                tier=scoring.score_tier(rule, scored, model.thresholds) if rule else None,
                judging=found.risk.probability if found.risk else None,
                judging_tier=said.severity if said else None,
            )
            for model, scored in zip(who.shadows, beside, strict=True)
        ),
    )


def _said(found: Assessment, rulebook: Rulebook) -> Finding | None:
    """Return what the score of the model that judges found of its own."""
    rule = rulebook.score
    everything = (*found.findings, *found.shadow)
    return next((each for each in everything if rule and each.rule_id == rule.id), None)
