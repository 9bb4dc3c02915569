"""An alert in the hands of one person: found behind the team filter, locked, noted, audited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from alerts import inbox, lifecycle, repository
from alerts.lifecycle import Refused, State
from alerts.naming.repository import UNKNOWN, names
from alerts.policy import thaw
from alerts.routing import practitioner
from alerts.tables import Alert, AlertEvent
from alerts.wording.repository import written
from core import audit
from core.errors import ConflictError, NotFoundError, Sentence
from core.vitals import Severity
from ingest import repository as people

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.lifecycle import Event
    from alerts.policy import Policy, Tier
    from alerts.reasons import Reason
    from core.security import Caller

# What a colleague did, for whoever comes second (UX-05).
DID = {
    "acknowledged": "{name} acknowledged this {ago}",
    "changed": "{name} changed this {ago}",
    "claimed": "{name} claimed this {ago}",
    "contacted": "{name} contacted the patient about this {ago}",
    "delegated": "{name} delegated this {ago}",
    "escalated": "{name} escalated this {ago}",
    "reopened": "{name} reopened this {ago}",
    "resolved": "{name} resolved this {ago}",
    "snoozed": "{name} snoozed this {ago}",
    "unclaimed": "{name} let go of this {ago}",
    "undone": "{name} took an act on this back {ago}",
}
# What an act may change, and an undo brings back.
KEPT = (
    *(
        "state",
        "paged",
        "route",
        "owner_id",
        "owner_team_id",
        "previous_owner_id",
        "acknowledged_at",
    ),
    *("ack_expires_at", "claimed_by", "claim_ends_at", "delegated_by", "answer_by"),
    *("snoozed_by", "snoozed_at", "snoozed_until"),
    *("contacted_at", "closed_at", "outcome", "outcome_detail"),
)


@dataclass(frozen=True, slots=True)
class Hands:
    """One person with one alert, whose row is locked: the frame of every act."""

    session: Session
    caller: Caller
    alert: Alert
    now: datetime
    before: Mapping[str, str | None]
    kept: Mapping[str, Any]
    written: Mapping[str, str]  # in somebody's own words: it is kept sealed

    @property
    def who(self) -> UUID | None:
        """Return the id under which this person owns alerts."""
        return self.caller.practitioner_id or self.caller.id

    @property
    def key(self) -> str:
        """Return under which key this person is told of alerts, "" for who is no practitioner."""
        own = self.caller.practitioner_id
        return practitioner(own) if own else ""

    @property
    def state(self) -> State:
        """Return where the alert stands."""
        return State(self.alert.state)

    @property
    def policy(self) -> Policy:
        """Return the policy that the alert was opened under (AL-13)."""
        return thaw(self.alert.policy)

    @property
    def tier(self) -> Tier:
        """Return what the alert's severity asks for under that policy."""
        return self.policy.tiers[Severity(self.alert.severity)]

    def check(self, version: int | None) -> None:
        """Raise `ConflictError`, saying who was first, where what the caller saw has passed."""
        if version is not None and version != self.alert.version:
            raise ConflictError(_changed(self))

    def move(self, event: Event) -> None:
        """Bring the alert to the state after an event; its version grows.

        Raises `ConflictError`, saying who was first and how long ago (UX-05).
        """
        after = lifecycle.transition(self.state, event, Severity(self.alert.severity))
        if isinstance(after, Refused):
            raise ConflictError(_first(self, after))
        self.alert.state, self.alert.version = after, self.alert.version + 1

    def note(
        self,
        kind: str,
        reason: Reason,
        *,
        undoable: bool = False,
        words: Mapping[str, str] | None = None,
        **facts: Any,
    ) -> None:
        """Write what was done onto the timeline; `words` are somebody's own."""
        repository.note(
            self.session,
            self.alert,
            kind,
            reason,
            now=self.now,
            caller=self.caller,
            before=self.before,
            after=repository.facts(self.alert) | facts,
            kept=self.kept if undoable else None,
            words={**(self.written if undoable else {}), **(words or {})},
        )

    def audit(self) -> None:
        """Write the audit row of the change."""
        audit.record(
            self.session,
            self.caller,
            audit.Action.UPDATE,
            "alert",
            now=self.now,
            entity_id=self.alert.id,
            patients=[self.alert.patient_id],
        )


def take_up(
    session: Session,
    caller: Caller,
    alert_id: UUID,
    *,
    now: datetime,
    version: int | None = None,
) -> Hands:
    """Return an alert under its row lock.

    Raises
    ------
    NotFoundError
        Where the caller may not see the patient (SEC-12).
    ConflictError
        Where `version`, what the caller saw, has passed, saying who was first (UX-05).
    """
    visible = people.visible_to(caller)
    query = select(Alert.id).where(Alert.id == alert_id, Alert.patient_id.in_(visible))
    alert = None if session.scalar(query) is None else repository.locked(session, alert_id)
    if alert is None:
        raise NotFoundError("no such alert")
    hands = _hands(session, caller, alert, now)
    hands.check(version)
    return hands


def again(hands: Hands) -> Hands:
    """Return the same hands for a second act, with what the first has left."""
    return _hands(hands.session, hands.caller, hands.alert, hands.now)


def _hands(session: Session, caller: Caller, alert: Alert, now: datetime) -> Hands:
    stands, kept = repository.facts(alert), _kept(alert)
    return Hands(session, caller, alert, now, stands, kept, written(session, alert))


def _kept(alert: Alert) -> dict[str, Any]:
    return {name: _plain(getattr(alert, name)) for name in KEPT} | {"fence": alert.fence}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value and str(value)


def restored(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that `Hands.kept` holds, as the columns take them."""
    return {name: _read(name, kept[name]) for name in KEPT if name in kept}


def _read(name: str, value: str | None) -> Any:
    kind = Alert.__table__.columns[name].type.python_type
    if value is None:
        return None
    return datetime.fromisoformat(value) if kind is datetime else kind(value)


def _first(hands: Hands, refused: Refused) -> Sentence:
    act = repository.last_act(hands.session, hands.alert) if refused.moved else None
    return _by(hands, act) or refused.reason


def _changed(hands: Hands) -> Sentence:
    act = repository.last_change(hands.session, hands.alert)
    changed = _by(hands, act) or Sentence("the alert changed since you opened it")
    return Sentence("{changed}; look again before acting", {"changed": changed})


def _by(hands: Hands, act: AlertEvent | None) -> Sentence | None:
    """Say which colleague did it and how long ago; nothing where it was none."""
    if act is None or act.actor_id is None or act.actor_id == hands.who:
        return None
    name = names(hands.session, [act.actor_id]).get(act.actor_id, UNKNOWN)
    facts = {"name": name, "ago": inbox.ago(hands.now - act.at)}
    return Sentence(DID.get(act.kind, DID["changed"]), facts)
