"""Takes a number of lines in one transaction, each for itself, as a batch takes its entries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core import audit
from core.scopes import allows
from fhir.ndjson import type_of
from fhir.strict import SINGLE
from ingest.backstop.service import guarded
from ingest.intake.service import take_all
from ingest.people.service import Desk
from ingest.posting import read
from ingest.receipt import STORED, Answer, Posted, Readable, Sender, refuse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

MOST_LINES = 1000


def accept_lines(
    session: Session, sender: Sender, lines: Sequence[bytes | None], *, now: datetime
) -> list[Answer]:
    """Return the answer to each line, at most `MOST_LINES`; None stands for one too long."""
    answers: dict[int, Answer] = {}
    readable: list[Readable] = []
    for index, line in enumerate(lines):
        outcome = _read(index, line, sender)
        if isinstance(outcome, Answer):
            answers[index] = outcome
        else:
            readable.append(outcome)
    answers |= take_all(Desk(session, sender, {}, now), readable, apart=True)
    _audit(session, sender, answers, now=now)
    return [answers[index] for index in range(len(lines))]


def _read(index: int, line: bytes | None, sender: Sender) -> Readable | Answer:
    if line is None:
        return refuse(413, "too-long", f"a line may have {SINGLE.size} bytes")
    kind = type_of(line)
    if not kind:
        return refuse(400, "structure", "each line must be one FHIR resource in JSON")
    if kind not in STORED:
        return refuse(404, "not-supported", f"stored here are {', '.join(STORED)}", "resourceType")
    if not allows(sender.caller.scopes, kind, "c"):
        return refuse(403, "forbidden", f"the granted scopes do not permit {kind} create")
    return guarded(kind, lambda: read(Posted(index, kind, line), sender))


def _audit(session: Session, sender: Sender, answers: dict[int, Answer], *, now: datetime) -> None:
    """Write one row for each patient whose data these lines touched."""
    touched = {each.patient_id for each in answers.values() if each.patient_id is not None}
    audit.record(
        session,
        sender.caller,
        audit.Action.CREATE,
        "Import",
        now=now,
        patients=sorted(touched) or (None,),
        outcome="success" if touched else "refused",
    )
