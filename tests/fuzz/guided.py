"""`make fuzz`: bytes that grow towards what the FHIR reader has not done yet (SEC-42).

Atheris watches which branches of ours each input takes and changes those that found new ones.
Whatever comes, a reader answers with what it read or why not: it raises nothing and does not hang.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["fhir.strict", "fhir.observation", "fhir.bundle"]):
    from fhir.bundle import Bundle, read_bundle
    from fhir.observation import ParsedObservation, parse
    from fhir.outcome import Refusal

ANSWERS = (ParsedObservation, Bundle, Refusal)
HANGS = "-timeout=10"  # seconds for one input


def one_input(data: bytes) -> None:
    """Read bytes as an Observation and as a Bundle, and each entry of that."""
    for found in (parse(data), read_bundle(data)):
        if not isinstance(found, ANSWERS):
            raise TypeError(f"answered with {type(found).__name__}")
        if isinstance(found, Bundle):
            for each in found.entries:
                parse(each.raw)


if __name__ == "__main__":
    atheris.Setup([*sys.argv, HANGS], one_input)
    atheris.Fuzz()
