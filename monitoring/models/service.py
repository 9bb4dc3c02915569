"""The use cases of the registry: add, put in shadow, promote, roll back, retire; each audited.

Who decided by what they saw says so (`stood`, `judging`), and is refused where a colleague was
quicker. What is promoted judges from the next judgement on, in every process: they look up which
model that is once for each batch, and load an artefact once (`app/learned.py`).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from core.audit import Action, record
from core.errors import ConflictError, ForbiddenError, InvalidError
from core.security import Role
from monitoring import risk
from monitoring.models import repository
from monitoring.models.standing import (
    By,
    Change,
    Entry,
    Happened,
    State,
    card_of,
    judged_before,
    may_be_tried,
    may_judge,
    may_retire,
    reasoned,
    still_judges,
    still_stands,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from core.security import Caller

ENTITY = "model"


def may_change(caller: Caller) -> bool:
    """Return whether somebody may say which model judges: a supervisor, or who operates it."""
    return caller.kind == "system" or caller.role is Role.SUPERVISOR


def read(text: str) -> risk.Model:
    """Return the model of a stored artefact; raise `ArtefactError` where it does not load."""
    try:
        return risk.load(json.loads(text))
    except risk.ArtefactError:
        raise
    except (ValueError, RecursionError) as fault:
        raise risk.ArtefactError(f"not the artefact of a model: {fault}") from fault


def stored(session: Session, model_id: str) -> risk.Model:
    """Return a model of the registry; raise `ArtefactError` where it does not load or match."""
    model = read(repository.artefact(session, model_id))
    if model.id != model_id:
        raise risk.ArtefactError(f"the artefact is that of {model.id}")
    return model


def add(
    session: Session, caller: Caller, artefact: Mapping[str, Any], *, reason: str, now: datetime
) -> str:
    """Add a model that loads; return its id. It scores nobody yet.

    Raises
    ------
    InvalidError
        For an artefact that does not load, or without a reason.
    ConflictError
        Where the registry has it already.
    """
    kept, text = _begin(session, caller, reason), json.dumps(artefact)
    model = _loaded(text)
    if model.id in {each.id for each in repository.entries(session)}:
        raise ConflictError("the registry has this model already")
    by = _by(caller)
    new = Entry(model.id, State.CANDIDATE, card_of(artefact), now, by, kept, now)
    repository.add(session, new, text)
    _note(session, caller, Happened(model.id, Change.ADDED, now, by, kept), Action.CREATE)
    return model.id


def put_in_shadow(  # noqa: PLR0913 (who, which, why, when)
    session: Session,
    caller: Caller,
    model_id: str,
    *,
    reason: str,
    stood: str | None = None,
    now: datetime,
) -> None:
    """Let a model score beside the one that judges; nobody is told (AL-21).

    `stood` is where the model stood when somebody decided so, None where nobody looked.
    Raises `NotFoundError`, `ConflictError`, or `InvalidError` where it does not load.
    """
    kept = _begin(session, caller, reason)
    entry = repository.entry(session, model_id)
    still_stands(entry, stood)
    may_be_tried(entry, repository.states(session))
    _loads(session, model_id)
    repository.stand(session, model_id, State.SHADOW, now=now)
    _note(session, caller, Happened(model_id, Change.SHADOWED, now, _by(caller), kept))


def promote(  # noqa: PLR0913 (who, which, why, when)
    session: Session,
    caller: Caller,
    model_id: str,
    *,
    reason: str,
    without_shadow: bool = False,
    stood: str | None = None,
    judging: str | None = None,
    now: datetime,
) -> None:
    """Let a model judge from now on; the one that did is retired.

    `stood` and `judging` are where the model stood and which one judged ("" for the one that
    ships) when somebody decided so; None where nobody looked.

    Raises
    ------
    NotFoundError, ForbiddenError
    ConflictError
        Where it judges already, or was never in shadow and `without_shadow` is not said, or
        where either is another by now.
    InvalidError
        Where it does not load, or without a reason.
    """
    kept = _begin(session, caller, reason)
    entry, before = repository.entry(session, model_id), repository.active(session)
    still_stands(entry, stood)
    still_judges(before or "", judging)
    may_judge(entry, without_shadow=without_shadow)
    _loads(session, model_id)
    if before is not None:
        repository.stand(session, before, State.RETIRED, now=now)
    repository.stand(session, model_id, State.ACTIVE, now=now)
    event = Happened(model_id, Change.PROMOTED, now, _by(caller), kept, before or "")
    _note(session, caller, event)


def roll_back(
    session: Session, caller: Caller, *, reason: str, judging: str | None = None, now: datetime
) -> str:
    """Let the model judge that did before the last promotion; return its id.

    "" is the one that ships with the program; `judging` is the one to be left, None where nobody
    looked. Raises `ConflictError` where another judges by now or the one that ships does, and
    `InvalidError` where the one before does not load.
    """
    kept = _begin(session, caller, reason)
    active = repository.active(session)
    still_judges(active or "", judging)
    if active is None:
        raise ConflictError("nothing was promoted: the model that ships judges")
    before = judged_before(reversed(repository.history(session)))
    if before:
        _loads(session, before)
    repository.stand(session, active, State.RETIRED, now=now)
    if before:
        repository.stand(session, before, State.ACTIVE, now=now)
    event = Happened(active, Change.ROLLED_BACK, now, _by(caller), kept, before)
    _note(session, caller, event)
    return before


def retire(  # noqa: PLR0913 (who, which, why, when)
    session: Session,
    caller: Caller,
    model_id: str,
    *,
    reason: str,
    stood: str | None = None,
    now: datetime,
) -> None:
    """Let a model score nobody any more; where it judged, the one that ships does from now on.

    `stood` is where the model stood when somebody decided so, None where nobody looked. Raises
    `NotFoundError`, and `ConflictError` where it stands elsewhere by now or is retired already.
    """
    kept = _begin(session, caller, reason)
    entry = repository.entry(session, model_id)
    still_stands(entry, stood)
    may_retire(entry)
    repository.stand(session, model_id, State.RETIRED, now=now)
    _note(session, caller, Happened(model_id, Change.RETIRED, now, _by(caller), kept))


def _begin(session: Session, caller: Caller, reason: str) -> str:
    """Return the reason of a change that may be made, and hold the registry for it."""
    if not may_change(caller):
        raise ForbiddenError("a supervisor says which model judges")
    kept = reasoned(reason)
    repository.lock(session)
    return kept


def _loads(session: Session, model_id: str) -> None:
    """Refuse a model whose artefact does not load."""
    try:
        stored(session, model_id)
    except risk.ArtefactError as fault:
        raise _unloadable(fault) from fault


def _loaded(text: str) -> risk.Model:
    try:
        return read(text)
    except risk.ArtefactError as fault:
        raise _unloadable(fault) from fault


def _unloadable(fault: risk.ArtefactError) -> InvalidError:
    return InvalidError(
        "the artefact does not load: {fault}", field="model", facts={"fault": str(fault)}
    )


def _by(caller: Caller) -> By:
    return By(caller.kind, caller.id)


def _note(
    session: Session, caller: Caller, event: Happened, action: Action = Action.UPDATE
) -> None:
    repository.happened(session, event)
    record(session, caller, action, ENTITY, now=event.at)
