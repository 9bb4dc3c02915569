"""Takes readable resources in the order in which they refer to each other, each exactly once."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy.exc import DataError, IntegrityError

from fhir.bundle import rewrite, unresolved
from ingest.archive.repository import asked_for, find_named, heads, lock
from ingest.enrol.service import enrol, keys_of
from ingest.observed.service import Seen, take
from ingest.receipt import REPEATED, STORED, Answer, Kind, Name, Readable, refuse

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from ingest.people.service import Desk


def take_all(
    desk: Desk, readables: Sequence[Readable], *, linked: dict[str, str] | None = None
) -> dict[int, Answer]:
    """Take resources and return the answer to each by its index.

    `linked` is given for a transaction and is the desk's own `within`: it learns what each
    full URL became, and what is kept has its references rewritten accordingly.
    """
    wanted = {each.posted.index: _wanted(each) for each in readables if each.posted.criteria}
    names = [name for name in wanted.values() if name is not None]
    people = [each for each in readables if each.observation is None]
    lock(
        desk.session,
        [*keys_of(people, desk.sender), *(f"{n.type}|{n.system}|{n.value}" for n in names)],
    )
    answers = _already_there(desk, wanted)
    waiting = [each for each in readables if each.posted.index not in answers]
    ids = {each.posted.index: uuid4() for each in waiting if each.observation is not None}
    if linked is not None:
        _link(desk, linked, waiting, ids)
        for each in readables:
            _learn(linked, each, answers.get(each.posted.index))
    answers |= _enrol(desk, (each for each in waiting if each.observation is None), linked)
    seen = [
        Seen(each.posted.index, each.observation, _kept(each, linked), ids[each.posted.index])
        for each in waiting
        if each.observation is not None
    ]
    return answers | (take(desk, seen) if seen else {})


def _wanted(readable: Readable) -> Name | None:
    return asked_for(readable.posted.type, readable.posted.criteria)


def _already_there(desk: Desk, wanted: dict[int, Name | None]) -> dict[int, Answer]:
    """Answer the conditional creates that create nothing (FHIR-04)."""
    names = [name for name in wanted.values() if name is not None]
    found = find_named(desk.session, desk.sender.client_id, names) if names else {}
    answers = {}
    for index, name in wanted.items():
        if name is None:
            answers[index] = refuse(
                400, "invalid", "If-None-Exist must be identifier=system|value, and nothing else"
            )
        elif name in found:
            answers[index] = _stored(desk, name, found[name])
    return answers


def _stored(desk: Desk, name: Name, id_: UUID) -> Answer:
    head = heads(desk.session, name.type, [id_])[id_]
    return Answer(
        REPEATED, type=name.type, id=id_, version=head.version, patient_id=head.patient_id
    )


def _enrol(
    desk: Desk, people: Iterable[Readable], linked: dict[str, str] | None
) -> dict[int, Answer]:
    answers = {}
    for each in sorted(people, key=lambda one: STORED.index(one.posted.type)):
        answer = _guarded(desk, each, _kept(each, linked))
        answers[each.posted.index] = answer
        if linked is not None:
            _learn(linked, each, answer)
    return answers


def _guarded(desk: Desk, readable: Readable, raw: bytes) -> Answer:
    """Enrol inside a savepoint, so that what the database refuses spoils no other entry."""
    try:
        with desk.session.begin_nested() as savepoint:
            answer = enrol(desk, readable, raw)
            if answer.refused:
                savepoint.rollback()
            return answer
    except IntegrityError:
        return refuse(409, "conflict", "somebody else stores the same at this moment: retry")
    except DataError:
        return refuse(400, "value", "a value is outside of what can be stored")


def _kept(readable: Readable, linked: dict[str, str] | None) -> bytes:
    raw = readable.posted.raw
    return rewrite(raw, linked) if linked else raw


def _link(
    desk: Desk, linked: dict[str, str], waiting: Sequence[Readable], ids: dict[int, UUID]
) -> None:
    """Learn what conditional references mean, and which ids the Observations will get."""
    asked = _conditional(each.posted.raw for each in waiting)
    found = find_named(desk.session, desk.sender.client_id, asked.values()) if asked else {}
    for reference, name in asked.items():
        if name in found:
            linked[reference] = f"{name.type}/{found[name]}"
    for each in waiting:
        if each.posted.index in ids and each.posted.full_url:
            linked[each.posted.full_url] = f"{Kind.OBSERVATION}/{ids[each.posted.index]}"


def _conditional(bodies: Iterable[bytes]) -> dict[str, Name]:
    """Return the conditional references in the bodies that name a stored type."""
    asked: dict[str, Name] = {}
    for reference in {each for body in bodies for each in unresolved(body)}:
        kind = reference.partition("?")[0]
        name = asked_for(kind, reference) if kind in STORED else None
        if name is not None:
            asked[reference] = name
    return asked


def _learn(linked: dict[str, str], readable: Readable, answer: Answer | None) -> None:
    """Remember what a full URL became, and the relative reference that means the same."""
    url = readable.posted.full_url
    if answer is None or answer.id is None or not url:
        return
    linked[url] = f"{answer.type}/{answer.id}"
    head, _, tail = url.rpartition(f"/{answer.type}/")
    if head and tail:
        linked[f"{answer.type}/{tail}"] = linked[url]
