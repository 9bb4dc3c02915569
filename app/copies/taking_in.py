"""Takes the copy of a person in again, as another system's operator hands it over (SEC-43).

What anybody may send goes through the door like anything else. Beside it, and from this hand
alone, come the scores with what is contested of them, and for how many a reading counts:
whoever could send these over the wire could plant an opinion about somebody.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from app.copies import scores_again
from core.audit import Action, record
from core.errors import InvalidError
from fhir.summed import count_of
from ingest.counting.repository import count_again
from ingest.receipt import CREATED, Answer, Kind
from ingest.service import accept_bundle

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy.orm import Session

    from ingest.receipt import Sender

ENTITY = "copy-taken-in"
TABLES = "tables.json"
_BATCH = re.compile(r"import-(\d{1,6})\.json")
# What is in a copy and is taken over by nobody, and why.
LEFT = {
    "alert": "alerts and what was done about them are this other system's account",
    "plan_version": "plans and limits hold where a clinician here signs them",
    "declared_pause": "pauses are declared where the person is monitored",
    "patient_message": "messages were sent by the other system",
    "summed_key": "what is summed up and sent once more cannot be known again here",
    "patient_merge": "records are merged here by who answers for it",
    "legal_hold": "a hold binds the system for which it was set",
}


class _Request(msgspec.Struct):
    url: str


class _Entry(msgspec.Struct):
    resource: msgspec.Raw
    request: _Request


class _Batch(msgspec.Struct):
    entry: list[_Entry] = []


@dataclass(slots=True)
class TakenIn:
    """What became of a copy."""

    answers: Counter[str] = field(default_factory=Counter)  # entries by the status of their answer
    ids: dict[UUID, UUID] = field(default_factory=dict)  # what it was called there and is here
    counted: int = 0  # readings that count for more than themselves
    scores: int = 0
    contests: int = 0
    left: dict[str, int] = field(default_factory=dict)  # rows that nobody takes over, by table
    refused: list[str] = field(default_factory=list)  # where an entry stands, and why it is not in


def take_in(session: Session, sender: Sender, folder: Path, *, now: datetime) -> TakenIn:
    """Take a copy in, as far as another system may; the same copy again changes nothing.

    Raises
    ------
    InvalidError
        Where the folder is no copy: it names the file, and what is wrong with it.
    """
    made, counting = TakenIn(), dict[UUID, int]()
    for path in _batches(folder):
        counting |= _take(session, sender, path, made, now=now)
    made.counted = count_again(session, counting)
    tables = _tables(folder / TABLES)
    taken = scores_again.take(session, tables, made.ids, now=now)
    made.scores, made.contests = taken.scores, taken.contests
    made.left = {name: len(tables.get(name, ())) for name in LEFT if tables.get(name)}
    whose = sorted(taken.people) or (None,)
    record(session, sender.caller, Action.CREATE, ENTITY, now=now, patients=whose)
    return made


def _batches(folder: Path) -> list[Path]:
    found = {int(m[1]): path for path in folder.glob("*") if (m := _BATCH.fullmatch(path.name))}
    if not found or sorted(found) != list(range(1, len(found) + 1)):
        raise InvalidError(f"folder: {folder}: import-1.json and so on must be there, all of them")
    return [found[number] for number in sorted(found)]


def _take(
    session: Session, sender: Sender, path: Path, made: TakenIn, *, now: datetime
) -> dict[UUID, int]:
    """Take one batch; return for how many each new Observation counts that counts for more."""
    raw = path.read_bytes()
    answers = accept_bundle(session, sender, raw, now=now)
    if isinstance(answers, Answer):
        raise InvalidError(f"folder: {path.name}: {_why(answers)}")
    counting = {}
    entries = msgspec.json.decode(raw, type=_Batch).entry
    for number, (entry, answer) in enumerate(zip(entries, answers.entries, strict=True), 1):
        made.answers[str(answer.status)] += 1
        if answer.id is None and not answer.refused:
            continue  # summed up before: it is here, and has no address any more
        if answer.id is None:
            made.refused.append(f"{path.name}, entry {number}: {_why(answer)}")
            continue
        there = entry.request.url.rpartition("/")[2]
        made.ids[_uuid(there, f"{path.name}, entry {number}")] = answer.id
        if answer.type == Kind.OBSERVATION and answer.status == CREATED:
            counting[answer.id] = _count(bytes(entry.resource), f"{path.name}, entry {number}")
    return {id_: count for id_, count in counting.items() if count > 1}


def _why(answer: Answer) -> str:
    return "; ".join(filter(None, (each.text for each in answer.issues))) or str(answer.status)


def _uuid(text: str, where: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise InvalidError(f"folder: {where}: request.url must end in an id of a copy") from None


def _count(raw: bytes, where: str) -> int:
    try:
        return count_of(raw)
    except ValueError as error:
        raise InvalidError(f"folder: {where}: extension: {error}") from None


def _tables(path: Path) -> Mapping[str, list[dict[str, Any]]]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, list[dict[str, Any]]])
    except (OSError, msgspec.MsgspecError, RecursionError) as error:
        raise InvalidError(f"folder: {path.name}: {error}") from None
