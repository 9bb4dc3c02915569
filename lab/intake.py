"""Observations through the wire's own parser into readings, with no database in between."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from core.errors import InvalidError
from core.vitals import Reading
from fhir.observation import ParsedObservation, parse
from fhir.outcome import Refusal
from ingest.candidates import candidates_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lab.resources import Resource

NOBODY = uuid5(NAMESPACE_URL, "urn:wardlight:lab")  # one person at a time: whose is known


def readings_of(observations: Iterable[Resource], *, zone: str) -> Iterator[Reading]:
    """Yield the readings of one person's Observations, received when `issued` says.

    Raises
    ------
    InvalidError
        If one is refused: the bench made it, so the fault is here.
    """
    for resource in observations:
        parsed = parse(json.dumps(resource).encode())
        if isinstance(parsed, Refusal):
            raise InvalidError(f"an Observation was refused: {parsed.issues[0].text}")
        yield from _readings(resource["identifier"][0]["value"], parsed, zone)


def _readings(name: str, parsed: ParsedObservation, zone: str) -> Iterator[Reading]:
    received = parsed.issued or parsed.when.end or parsed.when.start
    if received is None:
        return
    for each in candidates_of(parsed, NOBODY, zone, declared_history=False, now=received):
        yield Reading(
            id=f"{name}/{each.vital}",
            vital=each.vital,
            value=each.value,
            effective=each.effective,
            received=received,
            quality=each.quality,
            until=each.until,
            local_day=each.local_day,
            precision=each.precision,
            comparator=each.comparator,
        )
