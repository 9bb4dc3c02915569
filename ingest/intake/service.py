"""Takes readable resources in the order in which they refer to each other, each exactly once."""

from __future__ import annotations

from dataclasses import replace as replaced
from typing import TYPE_CHECKING

from sqlalchemy.exc import DataError, IntegrityError

from core.ordered_ids import ordered_id
from fhir.links import rewrite, unresolved
from ingest.addresses import keys_of as addresses_of
from ingest.archive.repository import asked_for, find_named, heads, lock
from ingest.backstop.service import UNFORESEEN, not_stored
from ingest.binding.service import granted, not_granted
from ingest.enrol.service import enrol, keys_of, replace
from ingest.observed.service import take
from ingest.receipt import DELETED, REPEATED, STORED, Answer, Method, Name, Readable, refuse
from ingest.settled import Seen
from ingest.versions.service import Target, name_new, remove, said, targets_of, unchanged

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from ingest.people.service import Desk
    from ingest.receipt import Sender


def take_all(
    desk: Desk,
    readables: Sequence[Readable],
    *,
    linked: dict[str, str] | None = None,
    apart: bool = False,
) -> dict[int, Answer]:
    """Take resources and return the answer to each by its index.

    `linked` is given for a transaction and is the desk's own `within`: it learns what each
    full URL became, and what is kept has its references rewritten accordingly. `apart` is said
    of those that have nothing to do with each other: what nobody foresaw of one spoils no other.
    """
    posts = [each for each in readables if each.posted.method is Method.POST]
    wanted = {each.posted.index: _wanted(each) for each in posts if each.posted.criteria}
    lock(desk.session, keys_to_lock(readables, desk.sender))
    answers: dict[int, Answer] = {}
    gone = _aimed(desk, readables, Method.DELETE, answers)
    answers |= {index: remove(desk, each) for index, each in gone.items()}
    answers |= _already_there(desk, wanted)
    targets = _aimed(desk, readables, Method.PUT, answers)
    answers |= _twice(targets, gone)
    waiting = [each for each in readables if each.posted.index not in answers]
    ids = {
        index: targets[index].id if index in targets else ordered_id(desk.now)
        for index in (each.posted.index for each in waiting if each.observation is not None)
    }
    if linked is not None:
        _link(desk, linked, waiting, ids)
        for each in readables:
            _learn(desk, linked, each, answers.get(each.posted.index))
    answers |= _enrol(desk, (each for each in waiting if each.observation is None), targets, linked)
    seen, known = _seen(desk, waiting, ids, targets, linked)
    answers |= known | (_apart if apart else _together)(desk, seen)
    put = {each.index: targets[each.index] for each in seen if each.index in targets}
    return answers | {index: _put(desk, each, answers[index]) for index, each in put.items()}


def keys_to_lock(readables: Sequence[Readable], sender: Sender) -> list[str]:
    """Return everything to be locked, in one go: what things are called, and where they stand."""
    names = [name for each in readables if (name := _wanted(each)) is not None]
    people = [each for each in readables if each.observation is None]
    addresses = [key for each in readables if each.posted.id for key in addresses_of(each.posted)]
    return [
        *keys_of(people, sender),
        *(f"{n.type}|{n.system}|{n.value}" for n in names),
        *addresses,
    ]


def _aimed(
    desk: Desk, readables: Sequence[Readable], method: Method, answers: dict[int, Answer]
) -> dict[int, Target]:
    """Return where the PUTs or the DELETEs lead; those that lead nowhere are answered."""
    asked = [each.posted for each in readables if each.posted.method is method]
    targets = {}
    for index, found in (targets_of(desk, asked) if asked else {}).items():
        if isinstance(found, Target):
            targets[index] = found
        else:
            answers[index] = found
    return targets


def _twice(targets: Mapping[int, Target], gone: Mapping[int, Target]) -> dict[int, Answer]:
    """Refuse to write one resource twice at the same time, since neither is the later one."""
    seen = {_place(each) for each in gone.values()}
    answers = {}
    for index, each in sorted(targets.items()):
        if _place(each) in seen:
            text = "another entry writes the same resource: a transaction may write it once"
            answers[index] = refuse(400, "invalid", text, "request.url")
        seen.add(_place(each))
    return answers


def _place(target: Target) -> tuple[object, ...]:
    return target.posted.type, target.names if target.head is None else target.id


def _seen(
    desk: Desk,
    waiting: Sequence[Readable],
    ids: Mapping[int, UUID],
    targets: Mapping[int, Target],
    linked: dict[str, str] | None,
) -> tuple[list[Seen], dict[int, Answer]]:
    """Return the Observations that are to be taken, and the answers to those put unchanged."""
    answers: dict[int, Answer] = {}
    seen = []
    for each in waiting:
        if each.observation is None:
            continue
        index, raw = each.posted.index, _kept(each, linked)
        target = targets.get(index)
        if target and (same := unchanged(desk, target, raw)):
            answers[index] = same
            continue
        known = Seen(index, each.observation, raw, ids[index], replaces=target is not None)
        trusted = target.place.version - 1 if target and each.posted.if_match else 0
        seen.append(replaced(known, knowing=trusted, trace=each.posted.trace))
    return seen, answers


def _together(desk: Desk, seen: Sequence[Seen]) -> dict[int, Answer]:
    return take(desk, seen) if seen else {}


def _apart(desk: Desk, seen: Sequence[Seen]) -> dict[int, Answer]:
    """Take Observations at once, and by halves where that fails for what nobody foresaw."""
    if not seen:
        return {}
    try:
        with desk.session.begin_nested():
            return take(desk, seen)
    except UNFORESEEN as error:
        if len(seen) == 1:
            return {seen[0].index: not_stored(seen[0].parsed.kind, error)}
    half = len(seen) // 2
    return _apart(desk, seen[:half]) | _apart(desk, seen[half:])


def _put(desk: Desk, target: Target, answer: Answer) -> Answer:
    name_new(desk, target, answer)
    return said(target, answer)


UNCLEAR = "If-None-Exist must be identifier=system|value, and nothing else"


def _wanted(readable: Readable) -> Name | None:
    return asked_for(readable.posted.type, readable.posted.criteria)


def _already_there(desk: Desk, wanted: dict[int, Name | None]) -> dict[int, Answer]:
    """Answer the conditional creates that create nothing (FHIR-04)."""
    names = [name for name in wanted.values() if name is not None]
    found = find_named(desk.session, desk.sender.client_id, names) if names else {}
    answers = {}
    for index, name in wanted.items():
        if name is None:
            answers[index] = refuse(400, "invalid", UNCLEAR, "http.If-None-Exist")
        elif name in found and (answer := _stored(desk, name, found[name])):
            answers[index] = answer
    return answers


def _stored(desk: Desk, name: Name, id_: UUID) -> Answer | None:
    head = heads(desk.session, name.type, [id_])[id_]
    if head.status == DELETED:
        return None
    whose = head.patient_id
    if whose is not None and not granted(desk.session, desk.sender, [whose]):
        return not_granted(whose, "http.If-None-Exist")
    return Answer(
        REPEATED, type=name.type, id=id_, version=head.version, patient_id=head.patient_id
    )


def _enrol(
    desk: Desk,
    people: Iterable[Readable],
    targets: Mapping[int, Target],
    linked: dict[str, str] | None,
) -> dict[int, Answer]:
    answers = {}
    for each in sorted(people, key=_rank):
        answer = _guarded(desk, each, _kept(each, linked), targets.get(each.posted.index))
        answers[each.posted.index] = answer
        if linked is not None:
            _learn(desk, linked, each, answer)
    return answers


def _rank(readable: Readable) -> tuple[int, bool]:
    """Return a place in the order: what is referred to first, and creates before updates."""
    return STORED.index(readable.posted.type), readable.posted.method is Method.PUT


def _guarded(desk: Desk, readable: Readable, raw: bytes, target: Target | None) -> Answer:
    """Enrol inside a savepoint, so that what the database refuses spoils no other entry."""
    try:
        with desk.session.begin_nested() as savepoint:
            answer = _settled(desk, readable, raw, target)
            if answer.refused:
                savepoint.rollback()
            return answer
    except IntegrityError:
        return refuse(409, "conflict", "somebody else stores the same at this moment: retry")
    except DataError:
        return refuse(400, "value", "a value is outside of what can be stored")
    except UNFORESEEN as error:
        return not_stored(readable.posted.type, error)


def _settled(desk: Desk, readable: Readable, raw: bytes, target: Target | None) -> Answer:
    if target is None:
        return enrol(desk, readable, raw)
    same = unchanged(desk, target, raw)
    return same or _put(desk, target, replace(desk, readable, raw, target.place))


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
        if each.posted.index in ids:
            _learn(desk, linked, each, Answer(0, type=each.posted.type, id=ids[each.posted.index]))


def _conditional(bodies: Iterable[bytes]) -> dict[str, Name]:
    """Return the conditional references in the bodies that name a stored type."""
    asked: dict[str, Name] = {}
    for reference in {each for body in bodies for each in unresolved(body)}:
        kind = reference.partition("?")[0]
        name = asked_for(kind, reference) if kind in STORED else None
        if name is not None:
            asked[reference] = name
    return asked


def _learn(desk: Desk, linked: dict[str, str], readable: Readable, answer: Answer | None) -> None:
    """Remember what a full URL became, and the relative reference that means the same.

    That one is for entries that have no base of their own: see `fhir.links.anchored`.
    """
    url = readable.posted.full_url
    if answer is None or answer.id is None:
        return
    if readable.posted.id:
        _mean(linked, f"{answer.type}/{readable.posted.id}", answer)
        _mean(linked, f"{desk.sender.base}/{answer.type}/{readable.posted.id}", answer)
    if not url:
        return
    _mean(linked, url, answer)
    head, _, tail = url.rpartition(f"/{answer.type}/")
    if head and tail:
        _mean(linked, f"{answer.type}/{tail}", answer)


def _mean(linked: dict[str, str], reference: str, answer: Answer) -> None:
    """Let a reference mean a resource; one that could mean two is empty, and means neither."""
    target = f"{answer.type}/{answer.id}"
    linked[reference] = target if linked.get(reference, target) == target else ""
