"""What the fields of a rule and the words of its closed sets are called on pages; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.vitals import MEASURES, Vital

if TYPE_CHECKING:
    from app.pages.language import Language
    from monitoring.rule_words import Say

# Where the name in the rulebook is short for who writes it, and dark for who reads it.
NAMES = {
    "adherence": "readings left out",
    "after": "second reading",
    "age or trait": "age or trait is enough",
    "agrees within": "agrees with the usual within",
    "allowance": "allowance, in spreads",
    "amount": "by how much",
    "amount high": "by how much where the first is high",
    "amount same": "by how much on the same scale",
    "any": "any of",
    "at home": "only days at home",
    "at-least": "at least",
    "at-most": "at most",
    "before": "first reading",
    "beside": "read beside",
    "blood-pressure": "blood pressure",
    "cancel seconds": "may be cancelled for seconds",
    "chance": "chance of such a run",
    "change": "change from the usual",
    "clock": "clock of a device",
    "combo": "several rules together",
    "copd": "COPD",
    "credible": "credible to",
    "cusum": "CUSUM",
    "day from": "day begins at hour",
    "discharged within": "days since discharge, at most",
    "double": "sent twice",
    "drift": "drift over days",
    "early warning": "early warning score",
    "ever": "at any time",
    "ewma": "EWMA",
    "except problems": "not for problems",
    "except rules": "not for rules",
    "fall-history": "history of falls",
    "forget days": "forgotten after days",
    "forget hours": "forgotten after hours",
    "fraction": "as a share",
    "grace hours": "hours of grace",
    "graver": "graver with",
    "graver days": "graver after days",
    "graver severity": "tier where graver",
    "gravest": "gravest tier",
    "high": "high from",
    "hours alone": "hours for who lives alone",
    "hub": "hub of a home",
    "implausible": "implausible values",
    "late-kidney-disease": "late kidney disease",
    "least": "at least so many",
    "least after": "second reading below this counts too",
    "least age": "age at least",
    "least days": "days at least",
    "least parts": "parts that score, at least",
    "least readings": "readings at least",
    "least recent": "recent days with readings, at least",
    "least spreads": "off the usual by spreads, at least",
    "low": "low to",
    "most": "at most so much",
    "most days": "days between, at most",
    "motion gap": "movement missing",
    "moved scale": "scale moved",
    "new": "new after days without",
    "night from": "night begins at hour",
    "night minutes": "minutes of the night",
    "night trait": "trait of who is up at night",
    "night until": "night ends at hour",
    "of": "of the tier",
    "of days": "of so many days",
    "of last": "of the last",
    "off severity": "tier where off",
    "on days": "on so many days",
    "own range": "within the own range",
    "pair": "pairs of readings",
    "ratio": "share of the usual, at most",
    "repeat minutes": "minutes between repeats",
    "repeated days": "days that repeat",
    "rise": "rise in points",
    "rising": "rising beside it",
    "rising days": "days of rising",
    "run": "equal readings in a row",
    "same day": "on the same day",
    "scale two": "NEWS2 scale 2",
    "score": "learned score",
    "severity": "tier",
    "single": "a single part scores",
    "spreads": "spreads off the usual",
    "stuck": "stuck value",
    "sustained": "sustained for days",
    "terms": "limits",
    "unanswered minutes": "minutes until unconfirmed",
    "unanswered severity": "tier where unanswered",
    "unit slip": "unit mistaken",
    "up": "upwards",
    "usual days": "days of the usual",
    "vital": "measurement",
    "vital days": "days without the measurement",
    "vitals": "measurements",
    "waking from": "waking from hour",
    "waking hours": "waking hours only",
    "waking until": "waking until hour",
    "window days": "window in days",
    "window minutes": "window in minutes",
    "with symptom": "tier with a symptom",
    "z": "z-score",
}
# A kind whose name is that of a field too.
KINDS = {"rising": "rising percentile"}
_MEASURES = {vital.value: MEASURES[vital].display for vital in Vital}


def called(said: Language) -> Say:
    """Return what a word of the rulebook is called in a language."""

    def say(word: str) -> str:
        spoken = _MEASURES.get(word) or word.replace("_", " ")
        return said.say(NAMES.get(spoken, spoken))

    return say


def kind_called(said: Language, kind: str) -> str:
    """Return what a kind of rule is called."""
    own = KINDS.get(kind)
    return said.say(own) if own else called(said)(kind.replace("-", " "))
