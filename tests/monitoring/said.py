"""Takes the numbers out of a finding's words and looks where each comes from."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from monitoring import words
from monitoring.catalogue import catalogue
from monitoring.findings import Says
from monitoring.phrases import Instant, Number, Phrase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitoring.findings import Finding
    from monitoring.phrases import Value

EMERGENCY = "119"
FIGURE = re.compile(r"(?<![A-Za-z])\d[\d,]*(?:\.\d+)?")


def figures(text: str) -> set[str]:
    """Return the numbers of a text, without grouping; those within a name, such as SpO2, not."""
    return {each.replace(",", "").rstrip(".") for each in FIGURE.findall(text)}


def texts(finding: Finding, language: str) -> list[str]:
    """Return everything that is said of a finding."""
    return [
        words.detail(finding, language),
        words.patient(finding, language, emergency=EMERGENCY),
        words.missing(finding, language),
    ]


SPOKEN = re.compile(r"(?P<half>오전|오후) (?P<hour>\d+)시(?: (?P<minute>\d+)분)?")


def told(finding: Finding, language: str) -> set[str]:
    """Return every number that is said of a finding."""
    return {each for text in texts(finding, language) for each in figures(charted(text))}


def charted(korean: str) -> str:
    """Return a text whose times of day are as a chart has them: 오후 9시 5분 is 21:05."""
    return SPOKEN.sub(_charted, korean)


def _charted(said: re.Match[str]) -> str:
    hour = int(said["hour"]) % 12 + (12 if said["half"] == "오후" else 0)
    return f"{hour:02}:{int(said['minute'] or 0):02}"


def accounted(finding: Finding, language: str) -> set[str]:
    """Return every number that its data hold, and those that its messages name themselves."""
    found = {EMERGENCY}
    for value in values(finding):
        if isinstance(value, Number):
            found.add(str(value))
        elif isinstance(value, Instant):
            at = datetime.fromtimestamp(value.at, UTC).astimezone(ZoneInfo(value.zone))
            found |= {str(at.day), str(at.month), f"{at:%H}", f"{at:%M}"}
        elif isinstance(value, Phrase):
            found |= figures(catalogue(language).text(value.id))
    return found


def values(finding: Finding) -> Iterator[Value]:
    """Yield every fact and every message of a finding, however deep."""
    says = finding.says
    assert isinstance(says, Says)
    whole: list[Value] = [*words.sentences(finding, says), *says.together]
    whole += [Phrase(says.patient), Phrase(says.closing)]
    whole += [each for each in (says.because, says.otherwise) if each is not None]
    for other in says.alternatives:
        whole += [Phrase(other.words), Phrase(other.ask), *other.signs]
    whole += [Phrase(name) for name in finding.missing]
    for each in whole:
        yield from _within(each)


def _within(value: Value) -> Iterator[Value]:
    yield value
    if isinstance(value, Phrase):
        for inner in value.facts.values():
            yield from _within(inner)
    elif isinstance(value, tuple):
        for inner in value:
            yield from _within(inner)
