"""Works through a Bundle: a batch entry by entry, a transaction whole or not at all (FHIR-07)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC
from email.utils import format_datetime
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy.exc import DataError
from sqlalchemy.orm import Session

from core.errors import ForbiddenError, GoneError, NotFoundError
from core.security import Caller
from fhir.bundle import read_bundle
from fhir.links import anchored
from fhir.moments import moment
from fhir.outcome import Refusal
from ingest.addresses import id_here
from ingest.answers import Answers, failure, response_bundle
from ingest.archive.repository import lock
from ingest.entries import LOOKING, URL, Look, asked
from ingest.intake.service import keys_to_lock, take_all
from ingest.lookup.service import Address, note_refused, read, stamped, unchanged
from ingest.people.service import Desk
from ingest.receipt import NOT_MODIFIED, STORED, Answer, Method, Posted, Readable, refuse, refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from fhir.bundle import Bundle
    from ingest.receipt import Sender

Elsewhere = Callable[[Session, Caller, Look], bytes | Answer]

MOST_LOOKS = 100  # each can be a search, and their answers are held together (SEC-37)
NOWHERE = "inside a Bundle this is not served: ask for it by a request of its own"
VREAD = 4  # the parts of Type/id/_history/version
LONGEST_VERSION = 9


@dataclass(frozen=True, slots=True)
class Work:
    """What it takes to work through a Bundle.

    `elsewhere` answers what is looked for and not stored here as such: searches, and what
    Wardlight itself wrote.
    """

    session: Session
    sender: Sender
    now: datetime
    readable: Callable[[Posted], Readable | Answer]
    elsewhere: Elsewhere | None = None
    only: frozenset[int] | None = None  # entries of a batch, where it is not done as a whole

    def desk(self, within: dict[str, str]) -> Desk:
        """Return the desk at which resources are taken."""
        return Desk(self.session, self.sender, within, self.now)


def settle(work: Work, raw: bytes) -> Answers | Answer:
    """Return the answer to each entry, or the one to the whole."""
    bundle = read_bundle(raw, work.sender.policy)
    if isinstance(bundle, Refusal):
        return refused(bundle, "Bundle")
    if sum(each.method in LOOKING for each in bundle.entries) > MOST_LOOKS:
        text = f"at most {MOST_LOOKS} entries of a Bundle may read or search"
        return refuse(413, "too-costly", text, "Bundle.entry")
    if bundle.type == "batch":
        return _batch(work, bundle if work.only is None else _part(bundle, work.only))
    if bundle.type == "transaction":
        return _transaction(work, anchored(bundle))
    return refuse(400, "invalid", "what is sent is a batch or a transaction", "Bundle.type")


def _part(bundle: Bundle, only: frozenset[int]) -> Bundle:
    return replace(bundle, entries=tuple(each for each in bundle.entries if each.index in only))


def response(answers: Answers) -> bytes:
    """Return the response Bundle, with what was read in it as it is stored."""
    said = response_bundle(answers)
    if any(each.body is not None for each in answers.entries):
        said["entry"] = [
            entry if each.body is None else {"resource": msgspec.Raw(each.body), **entry}
            for entry, each in zip(said["entry"], answers.entries, strict=True)
        ]
    return msgspec.json.encode(said)


def _batch(work: Work, bundle: Bundle) -> Answers:
    answers, waiting = _sorted(work, bundle)
    runs = list(_runs(waiting))
    if len(runs) > 1:  # in one go, so that two batches never wait for each other's names
        writes = [each for each in waiting if isinstance(each, Readable)]
        lock(work.session, keys_to_lock(writes, work.sender))
    for run in runs:
        writes = [each for each in run if isinstance(each, Readable)]
        answers |= take_all(work.desk({}), writes, apart=True)
        answers |= _looked(work, run)
    return _said(bundle, answers)


def _transaction(work: Work, bundle: Bundle) -> Answers | Answer:
    answers, waiting = _sorted(work, bundle)
    if bad := _bad(answers):
        return failure(bad)
    with work.session.begin_nested() as savepoint:
        within: dict[str, str] = {}
        writes = [each for each in waiting if isinstance(each, Readable)]
        answers |= take_all(work.desk(within), writes, linked=within)
        bad = _bad(answers)
        if not bad:
            answers |= _looked(work, waiting)
            bad = _bad(answers)
        if bad:
            savepoint.rollback()
            return failure(bad)
    return _said(bundle, answers)


def _sorted(work: Work, bundle: Bundle) -> tuple[dict[int, Answer], list[Readable | Look]]:
    """Return the answers that are clear at once, and what is to be done, in the order received."""
    answers: dict[int, Answer] = {}
    waiting: list[Readable | Look] = []
    for entry in bundle.entries:
        wanted = asked(entry, work.sender.base)
        found = work.readable(wanted) if isinstance(wanted, Posted) else wanted
        if isinstance(found, Answer):
            answers[entry.index] = found
        else:
            waiting.append(found)
    return answers, waiting


def _runs(waiting: Iterable[Readable | Look]) -> Iterator[list[Readable | Look]]:
    """Cut what a batch asks for where an entry may depend on what an earlier one did.

    Creates go together as long as nothing else comes between them, and so do updates of
    different addresses.
    """
    run: list[Readable | Look] = []
    addresses: set[tuple[str, ...]] = set()
    for each in waiting:
        address = _address_of(each)
        if run and (address in addresses or _way(each) != _way(run[-1])):
            yield run
            run, addresses = [], set()
        run.append(each)
        addresses |= {address} if address else set()
    if run:
        yield run


def _way(each: Readable | Look) -> str:
    return each.posted.method if isinstance(each, Readable) else "GET"


def _address_of(each: Readable | Look) -> tuple[str, ...]:
    if isinstance(each, Look) or each.posted.method is Method.POST:
        return ()
    # Which resource a condition finds is not known yet: such entries are never put together.
    return (each.posted.type, each.posted.id)


def _bad(answers: dict[int, Answer]) -> list[tuple[int, Answer]]:
    return [(index, answer) for index, answer in sorted(answers.items()) if answer.refused]


def _said(bundle: Bundle, answers: dict[int, Answer]) -> Answers:
    entries = tuple(answers[entry.index] for entry in bundle.entries)
    methods = tuple(entry.method for entry in bundle.entries)
    return Answers(bundle.type, entries, methods, tuple(entry.index for entry in bundle.entries))


def _looked(work: Work, waiting: Iterable[Readable | Look]) -> dict[int, Answer]:
    return {each.index: _look(work, each) for each in waiting if isinstance(each, Look)}


def _look(work: Work, look: Look) -> Answer:
    """Answer a read or a search; what the caller may not have is written down (SEC-16)."""
    kind, caller = look.path.partition("/")[0], work.sender.caller
    try:
        with work.session.begin_nested():
            return _found(work, look)
    except GoneError as error:
        answer = refuse(410, "deleted", error.message, URL)
    except NotFoundError as error:
        answer = refuse(404, "not-found", error.message, URL)
    except ForbiddenError as error:
        answer = refuse(403, "forbidden", error.message, URL)
    except DataError:
        return refuse(400, "value", "a value is outside of what can be stored", URL)
    note_refused(work.session, caller, kind, now=work.now)
    return answer


def _found(work: Work, look: Look) -> Answer:
    address = _address(look.path)
    if address is not None:
        return _read(work, look, address)
    found = refuse(405, "not-supported", NOWHERE, URL)
    if work.elsewhere is not None:
        said = work.elsewhere(work.session, work.sender.caller, look)
        found = said if isinstance(said, Answer) else Answer(200, body=said)
    return _without_body(found) if look.bodiless else found


def _address(path: str) -> Address | None:
    """Return the stored resource that a path names, if it is such a path."""
    kind, *rest = path.split("/")
    if kind not in STORED or not rest or rest[0].startswith("$"):
        return None
    if len(rest) == 1:
        return Address(kind, rest[0])
    number = rest[-1]
    if len(rest) != VREAD - 1 or rest[1] != "_history":
        return None
    if not (number.isascii() and number.isdigit() and len(number) <= LONGEST_VERSION):
        raise NotFoundError("no such resource")
    return Address(kind, rest[0], int(number))


def _read(work: Work, look: Look, address: Address) -> Answer:
    found = read(work.session, work.sender.caller, address, now=work.now)
    had = unchanged(found, _conditions(look))
    own = "" if id_here(address.id) == found.id else address.id
    return Answer(
        NOT_MODIFIED if had else 200,
        type=found.type,
        id=found.id,
        version=found.version,
        modified=found.received_at,
        patient_id=found.patient_id,
        called=own,
        body=None if had or look.bodiless else stamped(found, called=address.id),
    )


def _conditions(look: Look) -> dict[str, str]:
    """Return an entry's conditions as the headers that they stand for."""
    said = {"if-none-match": look.if_none_match}
    if since := moment(look.if_modified_since):  # one that is no time asks for nothing
        said["if-modified-since"] = format_datetime(since.astimezone(UTC), usegmt=True)
    return said


def _without_body(answer: Answer) -> Answer:
    return answer if answer.refused else Answer(answer.status)
