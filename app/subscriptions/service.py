"""What a client may do with its own subscriptions: ask, look, change, end, catch up."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from app.subscriptions import repository
from app.subscriptions.notification import notification, statuses
from app.subscriptions.repository import Sealed
from app.subscriptions.sending import may_be_told
from app.subscriptions.tables import Subscription
from app.subscriptions.wanted import CONTENTS, Wanted, read_wanted
from core import audit
from core.audit import Action
from core.errors import ForbiddenError, InvalidError, NotFoundError
from core.scopes import allows
from core.signing import SECRET_BYTES, secret_from
from fhir.outcome import Refusal, refusal
from fhir.strict import check, decode
from ingest.clients.service import reader_of
from ingest.repository import may_see

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from core.outward import Outward
    from core.security import Caller

MOST = 50  # subscriptions of one client
OVERLAP = timedelta(hours=24)  # for how long a renewed secret still signs beside the new one
EVENTS_AT_ONCE = 1000


class RefusedError(Exception):
    """A request that is not done; `refusal` says why."""

    def __init__(self, refused: Refusal) -> None:
        super().__init__(refused.issues[0].code)
        self.refusal = refused


@dataclass(frozen=True, slots=True)
class Desk:
    """One request of one client."""

    session: Session
    caller: Caller
    base: str
    outward: Outward
    now: datetime

    def permit(self, interaction: str) -> None:
        """Refuse whoever is disabled, or was not granted this with Subscription."""
        reader_of(self.session, self.caller)
        if not allows(self.caller.scopes, "Subscription", interaction):
            text = f"the granted scopes do not permit this: system/Subscription.{interaction}"
            raise ForbiddenError(text)

    def note(self, action: Action, id_: UUID | None, patients: Iterable[UUID | None] = ()) -> None:
        """Write the request down."""
        audit.record(
            self.session,
            self.caller,
            action,
            "Subscription",
            now=self.now,
            entity_id=id_,
            patients=list(patients) or [None],
        )


@dataclass(frozen=True, slots=True)
class Shown:
    """A subscription as its owner sees it; the secret only where it was just made."""

    id: UUID
    version: int
    updated: datetime
    resource: dict[str, Any]
    secret: str = ""


def create(desk: Desk, raw: bytes) -> Shown:
    """Take a subscription that can be served, and make its handshake due."""
    desk.permit("c")
    if len(repository.of_client(desk.session, desk.caller.id)) >= MOST:
        text = f"a client has at most {MOST} subscriptions: delete one that is not needed"
        raise RefusedError(refusal(422, "too-costly", text))
    resource, wanted = _wanted(desk, raw)
    secret = secret_from(secrets.token_bytes(SECRET_BYTES))
    row = Subscription(
        id=uuid4(),
        client_id=desk.caller.id,
        version=1,
        events=0,
        failures=0,
        error="",
        created_at=desk.now,
    )
    _fill(desk, row, wanted, _sealed(resource, wanted, ((secret, ""),)))
    desk.session.add(row)
    desk.session.flush()
    _shake_hands(desk, row)
    desk.note(Action.CREATE, row.id)
    return _shown(desk, row, secret)


def _wanted(desk: Desk, raw: bytes) -> tuple[dict[str, Any], Wanted]:
    resource = decode(raw)
    if isinstance(resource, Refusal):
        raise RefusedError(resource)
    if resource.get("resourceType") != "Subscription":
        raise RefusedError(refusal(400, "invalid", "the body must be a Subscription"))
    checked = check(resource)
    if isinstance(checked, Refusal):
        raise RefusedError(checked)
    wanted = read_wanted(resource, desk.base)
    if isinstance(wanted, Refusal):
        raise RefusedError(wanted)
    _reachable(desk, wanted)
    return resource, wanted


def _reachable(desk: Desk, wanted: Wanted) -> None:
    try:
        desk.outward.check(wanted.endpoint)
    except InvalidError as error:
        path = "Subscription.channel.endpoint"
        raise RefusedError(refusal(422, "not-supported", error.message, path)) from error
    if not may_be_told(desk.caller.scopes):
        raise ForbiddenError("to be told of alerts, system/DetectedIssue.rs must be granted too")
    if wanted.patient and not may_see(desk.session, desk.caller, wanted.patient):
        path = "Subscription.criteria.extension"
        raise RefusedError(refusal(422, "not-found", "no such patient", path))
    if wanted.end is not None and wanted.end <= desk.now:
        text = "end must be in the future"
        raise RefusedError(refusal(422, "business-rule", text, "Subscription.end"))


def _sealed(resource: dict[str, Any], wanted: Wanted, known: tuple[tuple[str, str], ...]) -> Sealed:
    channel = {k: v for k, v in resource["channel"].items() if k.lstrip("_") != "header"}
    ours = ("id", "meta", "status", "error", "channel")
    kept = {k: v for k, v in resource.items() if k.lstrip("_") not in ours} | {"channel": channel}
    return Sealed(kept, wanted.endpoint, wanted.headers, known)


def _fill(desk: Desk, row: Subscription, wanted: Wanted, sealed: Sealed) -> None:
    row.status, row.topic, row.patient_id = wanted.status, wanted.topic, wanted.patient
    row.content, row.payload, row.ends_at = wanted.content, wanted.payload, wanted.end
    row.heartbeat_seconds, row.timeout_seconds = wanted.heartbeat, wanted.timeout
    row.sealed = repository.seal(desk.session, row.id, sealed)
    row.updated_at = desk.now


def _shake_hands(desk: Desk, row: Subscription) -> None:
    repository.forget_signals(desk.session, row)
    repository.begin_again(desk.session, row)
    if row.status == "requested":
        repository.add_signal(desk.session, row, "handshake", now=desk.now)


def _shown(desk: Desk, row: Subscription, secret: str = "") -> Shown:
    opened = repository.unseal(desk.session, row)
    meta = {"versionId": str(row.version), "lastUpdated": row.updated_at.isoformat()}
    resource: dict[str, Any] = {"resourceType": "Subscription", "id": str(row.id), "meta": meta}
    resource |= {"status": row.status} | ({"error": row.error} if row.error else {})
    return Shown(row.id, row.version, row.updated_at, resource | opened.resource, secret)


def _own(desk: Desk, id_: str) -> Subscription:
    try:
        row = repository.own(desk.session, desk.caller.id, UUID(id_))
    except ValueError:
        row = None
    if row is None:
        raise NotFoundError("no such Subscription")
    if row.deleted_at is not None:
        raise RefusedError(refusal(410, "deleted", "this Subscription was deleted"))
    return row


def read(desk: Desk, id_: str) -> Shown:
    """Return a client's own subscription; another's does not exist for it (SEC-12)."""
    desk.permit("r")
    row = _own(desk, id_)
    desk.note(Action.READ, row.id)
    return _shown(desk, row)


def update(desk: Desk, id_: str, raw: bytes, if_match: str = "") -> Shown:
    """Replace what a subscription asks for: `requested` shakes hands anew, `off` ends it."""
    desk.permit("u")
    row = _own(desk, id_)
    if if_match and if_match != f'W/"{row.version}"':
        text = f"the Subscription is at version {row.version}: read it again"
        raise RefusedError(refusal(412, "conflict", text))
    resource, wanted = _wanted(desk, raw)
    if resource.get("id", id_) != id_:
        text = "the id of the body must be that of the address"
        raise RefusedError(refusal(400, "invalid", text, "Subscription.id"))
    known = repository.unseal(desk.session, row).secrets
    _fill(desk, row, wanted, _sealed(resource, wanted, known))
    row.version += 1
    _shake_hands(desk, row)
    desk.note(Action.UPDATE, row.id)
    return _shown(desk, row)


def remove(desk: Desk, id_: str) -> None:
    """End a subscription for good."""
    desk.permit("d")
    row = _own(desk, id_)
    row.status, row.deleted_at, row.updated_at = "off", desk.now, desk.now
    row.version += 1
    desk.note(Action.DELETE, row.id)


def search(desk: Desk, ids: frozenset[str], states: frozenset[str]) -> list[Shown]:
    """Return a client's own subscriptions, of these ids and states where any are named."""
    desk.permit("s")
    desk.note(Action.EXECUTE, None)
    return [_shown(desk, row) for row in _meant(desk, ids, states)]


def _meant(desk: Desk, ids: frozenset[str], states: frozenset[str]) -> list[Subscription]:
    rows = repository.of_client(desk.session, desk.caller.id)
    return [
        r for r in rows if str(r.id) in (ids or {str(r.id)}) and r.status in (states or {r.status})
    ]


def status(desk: Desk, ids: frozenset[str], states: frozenset[str]) -> dict[str, Any]:
    """Return how subscriptions stand, as `$status` does."""
    desk.permit("r")
    if len(ids) == 1:
        _own(desk, next(iter(ids)))
    desk.note(Action.READ, None)
    return statuses(repository.standing(r, desk.base) for r in _meant(desk, ids, states))


def events(desk: Desk, id_: str, *, since: int, until: int, content: str) -> dict[str, Any]:
    """Return events by number, as `$events` does: for a receiver that missed some."""
    desk.permit("r")
    row = _own(desk, id_)
    if content and content not in CONTENTS:
        text = f"content must be one of {', '.join(CONTENTS)}"
        raise RefusedError(refusal(422, "not-supported", text, "content"))
    found = repository.events(
        desk.session, row, since=since, until=min(until, since + EVENTS_AT_ONCE - 1)
    )
    alerts = [alert for _, alert in found if alert]
    seen = repository.in_sight(desk.session, desk.caller, alerts)
    desk.note(Action.READ, row.id)
    standing = repository.standing(row, desk.base, content=content or row.content)
    told = [event for event, alert in found if alert in seen]
    return notification(standing, "query-event", told, id_=uuid4(), now=desk.now)


def renew(desk: Desk, id_: str) -> str:
    """Return a new secret; the one before signs beside it for another day (SEC-35)."""
    desk.permit("u")
    row = _own(desk, id_)
    opened = repository.unseal(desk.session, row)
    secret = secret_from(secrets.token_bytes(SECRET_BYTES))
    until = (desk.now + OVERLAP).isoformat()
    known = ((secret, ""), (opened.secrets[0][0], until))
    sealed = Sealed(opened.resource, opened.endpoint, opened.headers, known)
    row.sealed = repository.seal(desk.session, row.id, sealed)
    desk.note(Action.UPDATE, row.id)
    return secret
