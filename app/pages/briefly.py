"""What a row of the inbox says: one sentence with the number, the usual and its course (UX-02).

The patient page has the long form, with how it was judged. Here stands what decides whether to
open it, and every number is one that was stored.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.pages.course import Subject, range_words
from app.pages.measured import measured
from app.pages.scored import of_score, score_words
from app.pages.wording import Sentence, set_apart
from monitoring import words
from monitoring.findings import Evidence, Finding, Says, Spoken
from monitoring.leading import is_score, strongest_reading
from monitoring.phrases import Number, number

# A value against one limit, with nothing else to say: how it lies to them is seen from the numbers.
_PLAIN = re.compile(
    r"(?:[^{,:(]+|\{measure\}) \{value\} (?:\{unit\}|[^ ,]+)"
    r"(?:, (?:RED |own )?limit (?:above |below )?\{limit\}(?: [^ ,]+)?(?: or (?:more|less))?"
    r"|, far outside the usual.*)"
)


@dataclass(frozen=True, slots=True)
class Brief:
    """What a row says: its sentence, and in small what stands behind it."""

    sentence: Sentence
    second: str = ""


def brief(row: Subject) -> Brief:
    """Return what a row says of its finding."""
    says = row.finding.says
    if isinstance(says, Spoken):  # of an earlier version, in English: it is read as it stands
        said = words.clinician(row.finding, row.said.name)
        return Brief(set_apart(said, _quantities(row)))
    if is_score(row.finding, row.grounds):
        return Brief(of_score(row), score_words(row))
    if says.together:
        return _of_several(row)
    return Brief(_with(_lead(row, says), _second(row, says)))


def _with(first: Sentence, rest: Sequence[str]) -> Sentence:
    return Sentence(first.before, first.number, " ".join([first.after, *rest]))


def _quantities(row: Subject) -> tuple[str, ...]:
    vital, value = row.finding.vital, row.finding.value
    if vital is None or value is None:
        return ()
    return words.quantity(value, vital, row.said.name), words.figure(value, vital, row.said.name)


def _lead(row: Subject, says: Says) -> Sentence:
    reading = _own_reading(row.finding)
    value = says.facts.get("value")
    if reading is not None and isinstance(value, Number) and _PLAIN.fullmatch(says.clinician):
        return measured(row, reading, value)
    what, usual = words.phrase(says.main, row.said.name), row.usual
    if says.beside_usual and usual is not None and row.vital is not None:
        beside = row.said.say("{what}; usual {range}.", what=what, range=range_words(row, usual))
    else:
        beside = words.sentence(says.main, row.said.name)
    return set_apart(beside, _quantities(row))


def _own_reading(finding: Finding) -> Evidence | None:
    """Return the stored reading whose value the finding speaks of; a mean or a median is none."""
    mine = [each for each in finding.evidence if each.vital is finding.vital]
    newest = max(mine, key=lambda each: each.effective, default=None)
    return newest if newest is not None and newest.value == finding.value else None


def _second(row: Subject, says: Says) -> list[str]:
    """Return what else matters at once, each a sentence: why graver, newer, unconfirmed."""
    said, second = row.said, []
    if says.because is not None:
        second.append(said.say("Graver because of this: {reason}.", reason=says.because))
    if not row.finding.confirmed:
        second.append(said.say("Unconfirmed: not repeated yet."))
    newest = row.points[-1] if row.points else None
    if newest is not None and row.vital is not None and newest.at > row.finding.at:
        shown = words.quantity(newest.value, row.vital, said.name)
        second.append(said.say("Newest since: {amount}.", amount=shown))
    return second


def _of_several(row: Subject) -> Brief:
    """Return the strongest of several findings, and in small that there are others."""
    said = words.headline(row.finding, row.said.name)
    strongest = strongest_reading(row.finding.evidence, row.grounds.usual)
    if strongest is None:
        return Brief(Sentence(said))
    lead = measured(row, strongest, number(strongest.value, strongest.vital))
    return Brief(lead, said)
