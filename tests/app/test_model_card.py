"""The card of a learned model: what an artefact of any format says of itself, and no more."""

from __future__ import annotations

from app.pages.language import language
from app.pages.model_card import card_print
from core.vitals import Severity
from monitoring.models.standing import card_of
from monitoring.training import MEASURED_ON

SAID = language("en")
HEADS = {
    "features": [{"name": "age", "edges": [70.0]}, {"name": "not.known.here", "edges": []}],
    "heads": [
        {
            "family": family,
            "horizon_days": days,
            "calibration": {"method": "Platt", "slope": 1.0},
            "points": [[0.0, 0.1, 0.0], [0.0, 0.0]],
        }
        for family, days in (("any", 7), ("heart_failure", 3))
    ],
    "trained_on": "simulated data",
    "thresholds": [
        {"tier": "AMBER", "probability": 0.094, "per_patient_year": 1.8, "measured_on": "others"},
        {"tier": "no tier", "probability": 0.5},
        {"tier": "YELLOW"},
    ],
    "training": {
        "patients": 1500,
        "shares": {"age": [0.5, 0.5]},
        "calibration": [{"rows": 10, "predicted": 0.012345, "seen": 0.01}],
    },
}


def test_what_a_card_says_is_in_the_readers_language_ux_17() -> None:
    korean = card_print(card_of(HEADS), language("ko"))

    assert korean.calibration[0] == ["일수", "예측", "실제"]
    assert korean.measured_on == "others"  # another program's words stay
    for told in (MEASURED_ON, "held-out training patients, episodes merged over 14 days"):
        assert language("ko").say(told) != told  # the second of artefacts that are kept


def test_a_card_of_many_heads_says_what_each_predicts() -> None:
    card = card_print(card_of(HEADS), SAID)

    assert ("Predicts worsening within (days)", "3, 7") in card.facts
    assert ("Patients", "1,500") in card.facts
    predicts = "any worsening within 7 days; heart failure within 3 days"
    assert ("What it predicts", predicts) in card.facts
    assert ("Calibration", "Platt") in card.codes
    assert card.calibration == [
        ["Days", "Predicted", "Seen"],
        ["10", "1.23\N{NO-BREAK SPACE}%", "1.00\N{NO-BREAK SPACE}%"],
    ]
    assert card.features == ["Age", "not.known.here"]
    assert "0.1" not in card.whole
    assert "shares" not in card.whole


def test_thresholds_are_those_of_tiers_with_what_is_known_of_each() -> None:
    card = card_print(HEADS, SAID)

    assert [(each.tier, each.probability, each.burden) for each in card.thresholds] == [
        (Severity.AMBER, "9.4\N{NO-BREAK SPACE}%", "1.8"),
        (Severity.YELLOW, "", ""),
    ]
    assert card.measured_on == "others"


def test_an_artefact_without_a_card_says_nothing() -> None:
    card = card_print({}, SAID)

    assert (card.facts, card.codes, card.thresholds, card.calibration) == ([], [], [], [])
    assert (card.features, card.whole) == ([], "")


def test_odd_shapes_are_left_out_and_break_no_page() -> None:
    odd = {"thresholds": "x", "training": [1], "features": {"a": 1}, "heads": [3], "sha256": ""}

    card = card_print(odd, SAID)

    assert (card.facts, card.thresholds, card.features) == ([], [], [])
