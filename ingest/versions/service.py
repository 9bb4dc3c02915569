"""Puts a resource in the place of another, and takes one away; says where a request leads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from core.ordered_ids import ordered_id
from ingest.addresses import is_id, own_id, versions
from ingest.archive.repository import (
    Head,
    Version,
    add_names,
    add_versions,
    asked_for,
    fetch,
    find_named,
    heads,
)
from ingest.binding.service import granted, not_granted
from ingest.enrol.service import Place
from ingest.receipt import (
    CHANGED_SINCE,
    DELETED,
    NO_CONTENT,
    Answer,
    Kind,
    Method,
    Name,
    refuse,
)
from ingest.versions.repository import addressed, unlist

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ingest.people.service import Desk
    from ingest.receipt import Posted

# Whoever is in care is in everybody's care: every client whose scopes permit it may correct them.
OF_EVERYBODY = (Kind.PATIENT, Kind.PRACTITIONER)


@dataclass(frozen=True, slots=True)
class Target:
    """Where a PUT or a DELETE leads; without a head nothing was ever there."""

    posted: Posted
    id: UUID
    head: Head | None
    names: tuple[Name, ...] = ()  # what it is called from now on, where it is new

    @property
    def lives(self) -> bool:
        """Return whether there is something that was not deleted."""
        return self.head is not None and self.head.status != DELETED

    @property
    def place(self) -> Place:
        """Return the version to be stored."""
        version = (self.head.version if self.head else 0) + 1
        whose = self.head.patient_id if self.head and self.lives else None
        return Place(self.id, version, lives=self.lives, patient_id=whose)

    @property
    def called(self) -> str:
        """Return the sender's own id, where that is the address."""
        return "" if self.posted.id in ("", str(self.id)) else self.posted.id


def targets_of(desk: Desk, posted: Iterable[Posted]) -> dict[int, Target | Answer]:
    """Return where each PUT and DELETE leads, or why it leads nowhere.

    Their addresses are locked, so what is found stays so until the transaction ends.
    """
    found: dict[int, Target | Answer] = {}
    by_type: dict[str, list[Posted]] = {}
    for each in posted:
        by_type.setdefault(each.type, []).append(each)
    for kind, asked in by_type.items():
        ids = _ids(desk, kind, asked)
        known = heads(desk.session, kind, {id_ for id_ in ids.values() if isinstance(id_, UUID)})
        for each in asked:
            id_ = ids.get(each.index)
            if isinstance(id_, Answer):
                found[each.index] = id_
                continue
            target = _target(desk, each, id_, known)
            found[each.index] = _objection(desk, target) or target
    return found


def _ids(desk: Desk, kind: str, asked: Iterable[Posted]) -> dict[int, UUID | Answer]:
    by_id = {each.index: each.id for each in asked if not each.criteria}
    known = addressed(
        desk.session, desk.sender.client_id, kind, by_id.values(), hidden=partial(_hidden, desk)
    )
    ids: dict[int, UUID | Answer] = {
        index: known[text] for index, text in by_id.items() if text in known
    }
    names = {each.index: asked_for(kind, each.criteria) for each in asked if each.criteria}
    wanted = [name for name in names.values() if name is not None]
    named = find_named(desk.session, desk.sender.client_id, wanted) if wanted else {}
    for index, name in names.items():
        if name is None:
            ids[index] = refuse(400, "invalid", UNCLEAR, "request.url")
        elif name in named:
            ids[index] = named[name]
    return ids


def _hidden(desk: Desk, known: Mapping[UUID, Head]) -> set[UUID]:
    """Return what a bound client may not know of: of somebody else's patient, sent by others.

    A patient's own resource is not among them: to speak for one who is not its own is refused by
    name (SEC-04), all else of theirs does not exist (SEC-12).
    """
    if not desk.sender.bound:
        return set()
    others = {
        id_: head.patient_id
        for id_, head in known.items()
        if head.patient_id and head.type not in OF_EVERYBODY and not _own(desk, head)
    }
    # Asked where nothing is found too, so that both take as long.
    allowed = granted(desk.session, desk.sender, others.values() or [desk.sender.client_id])
    return {id_ for id_, whose in others.items() if whose not in allowed}


UNCLEAR = "a conditional update asks for identifier=system|value, and nothing else"


def _target(desk: Desk, posted: Posted, id_: UUID | None, known: Mapping[UUID, Head]) -> Target:
    if id_ is not None:
        return Target(posted, id_, known.get(id_))
    name = asked_for(posted.type, posted.criteria) if posted.criteria else None
    return Target(posted, ordered_id(desk.now), None, (name or own_id(posted.type, posted.id),))


def _objection(desk: Desk, target: Target) -> Answer | None:
    """Return why the request is not done, before its content is looked at."""
    posted, head = target.posted, target.head
    if posted.id and not is_id(posted.id):
        text = "an id has 1 to 64 letters, digits, hyphens and full stops"
        return refuse(400, "value", text, "request.url")
    if head is None and posted.method is Method.DELETE:
        return refuse(404, "not-found", "no such resource", "request.url")
    if head is not None and posted.type not in OF_EVERYBODY and not _own(desk, head):
        text = "it was stored by another client, which alone may change it"
        return refuse(403, "forbidden", text, "request.url")
    return _failed_precondition(target)


def _own(desk: Desk, head: Head) -> bool:
    return head.client_id == desk.sender.client_id


def _failed_precondition(target: Target) -> Answer | None:
    posted, now = target.posted, target.head.version if target.head and target.lives else None
    if posted.if_none_match and (posted.if_none_match != "*" or now is not None):
        text = "something is there already; If-None-Match takes * only where something is written"
        return refuse(412, "conflict", text, "http.If-None-Match")
    if not posted.if_match:
        return None
    wanted = versions(posted.if_match)
    if wanted is None and posted.if_match != "*":
        return refuse(400, "invalid", 'If-Match must be an ETag such as W/"3"', "http.If-Match")
    if now is None or (wanted is not None and now not in wanted):
        return CHANGED_SINCE
    return None


def unchanged(desk: Desk, target: Target, raw: bytes) -> Answer | None:
    """Return the answer to a PUT of what is there already, byte for byte."""
    if target.head is None or not target.lives:
        return None
    latest = fetch(desk.session, target.posted.type, target.id)
    if latest is None or latest.body != raw:
        return None
    return said(target, latest.again())


def said(target: Target, answer: Answer) -> Answer:
    """Return the answer under the id that the request was addressed to."""
    return replace(answer, called=target.called)


def name_new(desk: Desk, target: Target, answer: Answer) -> None:
    """Write down what a resource is called that was put where nothing was.

    The sender's own id also while it waits for its patient, so that all that is put to it meets
    in one resource; an identifier then names nothing yet.
    """
    waits = answer.id is None and bool(target.posted.criteria)
    if not answer.refused and not waits and target.names:
        names = dict.fromkeys(target.names, target.id)
        known = find_named(desk.session, desk.sender.client_id, target.names)
        new = {name: owner for name, owner in names.items() if name not in known}
        add_names(desk.session, desk.sender.client_id, new)


def remove(desk: Desk, target: Target) -> Answer:
    """Store the version that says that there is nothing any more; earlier ones stay."""
    kind, head = target.posted.type, target.head
    answer = Answer(NO_CONTENT, type=kind, id=target.id, version=head.version if head else 0)
    if head is None or not target.lives:
        return said(target, answer)
    whose = head.patient_id
    if whose is not None and not granted(desk.session, desk.sender, [whose]):
        return not_granted(whose, kind)
    version = head.version + 1
    marker = Version(kind, target.id, version, head.patient_id, desk.now, b"", status=DELETED)
    add_versions(desk.session, desk.sender.client_id, [marker])
    unlist(desk.session, kind, target.id)
    done = replace(answer, version=version, modified=desk.now, patient_id=head.patient_id)
    return said(target, done)
