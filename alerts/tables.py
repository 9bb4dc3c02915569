"""What is stored of an alert: the episode, its timeline, its evidence, its steps and deliveries."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, FetchedValue, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, id_column, instant
from core.sealed_fields import sealed_column

IS_LIVE = "state in ('open', 'claimed', 'acknowledged', 'snoozed')"
# What was written before 0090, until it is sealed (`alerts.wording`).
OPEN_WORDS = "outcome_note is not null or snooze_reason is not null"
OPEN_EVENT = (
    "(kind in ('noted', 'delegated') and after ->> 'note' is not null)"
    " or (kind = 'snoozed' and after ->> 'why' is not null)"
    " or kept ->> 'outcome_note' is not null or kept ->> 'snooze_reason' is not null"
)


class Alert(Base):
    """One episode of one problem of one patient; readings are its evidence (AL-08).

    `policy` is the frozen snapshot it was opened under (AL-13). `fence` grows with every
    change of state, so that a step planned before it is stale (REL-14). `paged` is the
    gravest tier that somebody was told of; a late finding raises `severity` and leaves it.
    `in_time_at` is when it last was found RED in time to tell the patient too; who acknowledges
    what came late, or was held, does not change that (REL-20).
    """

    __tablename__ = "alert"

    id: Mapped[UUID] = id_column()
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    problem: Mapped[str]
    severity: Mapped[str]
    highest: Mapped[str | None]  # that it ever was; None in rows of before 0031
    paged: Mapped[str | None]
    in_time_at: Mapped[datetime | None] = mapped_column(instant())
    held: Mapped[str | None]  # why nobody was told of its severity: an admission, a pause (AL-10)
    state: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    fence: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime] = mapped_column(instant())  # event time of the first finding
    last_seen_at: Mapped[datetime] = mapped_column(instant())  # event time of the newest finding
    last_found_at: Mapped[datetime] = mapped_column(instant())  # the last judgement that found it
    opened_at: Mapped[datetime] = mapped_column(instant())
    claimed_by: Mapped[UUID | None]
    claim_ends_at: Mapped[datetime | None] = mapped_column(instant())
    owner_id: Mapped[UUID | None]
    owner_team_id: Mapped[UUID | None]  # delegated to a team, none of whom has accepted yet
    previous_owner_id: Mapped[UUID | None]
    acknowledged_at: Mapped[datetime | None] = mapped_column(instant())
    ack_expires_at: Mapped[datetime | None] = mapped_column(instant())
    delegated_by: Mapped[UUID | None]  # while nobody has accepted
    answer_by: Mapped[datetime | None] = mapped_column(instant())
    snoozed_by: Mapped[UUID | None]
    snoozed_at: Mapped[datetime | None] = mapped_column(instant())
    snoozed_until: Mapped[datetime | None] = mapped_column(instant())
    snooze_reason: Mapped[str | None]  # None but in rows of before 0090: it is sealed beside it
    snooze_words: Mapped[bytes] = sealed_column("alert.snooze_words/{id}", empty=True)
    contacted_at: Mapped[datetime | None] = mapped_column(instant())  # the person was reached
    closed_at: Mapped[datetime | None] = mapped_column(instant())
    outcome: Mapped[str | None]
    outcome_detail: Mapped[str | None]
    outcome_note: Mapped[str | None]  # as `snooze_reason`
    outcome_words: Mapped[bytes] = sealed_column("alert.outcome_words/{id}", empty=True)
    previous_id: Mapped[UUID | None] = mapped_column(ForeignKey("alert.id"), index=True)
    route: Mapped[str] = mapped_column(default="", server_default="")  # of its tier, by name
    policy_hash: Mapped[str]
    policy: Mapped[dict[str, Any]]

    __table_args__ = (
        # AL-05, REL-11: the database, not a look before the insert, keeps the episode single.
        Index(
            "uq_alert_open_problem",
            "patient_id",
            "problem",
            unique=True,
            postgresql_where=text(IS_LIVE),
        ),
        Index("ix_alert_held", "id", postgresql_where=text("held is not null")),
        Index("ix_alert_open_words", "id", postgresql_where=text(OPEN_WORDS)),
        Index(None, "patient_id", "opened_at"),
        Index(None, "opened_at", "id"),
    )


class AlertEvent(Base):
    """One line of the timeline: every change and every decision to notify or not (AL-04, AL-06)."""

    __tablename__ = "alert_event"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    alert_id: Mapped[UUID] = mapped_column(ForeignKey("alert.id"))
    at: Mapped[datetime] = mapped_column(instant())
    kind: Mapped[str]
    actor_kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    reason: Mapped[str]
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    kept: Mapped[dict[str, Any] | None]  # what an undo of it would bring back
    # What somebody wrote, and what an undo would bring back of that (`alerts.wording`).
    words: Mapped[bytes] = sealed_column("alert_event.words/{alert_id}/{kind}/{at}", empty=True)

    __table_args__ = (
        Index(None, "alert_id", "id"),
        Index("ix_alert_event_open_words", "id", postgresql_where=text(OPEN_EVENT)),
    )


class AlertFinding(Base):
    """What one rule, or the score, said: the evidence of an episode."""

    __tablename__ = "alert_finding"

    id: Mapped[UUID] = id_column()
    alert_id: Mapped[UUID] = mapped_column(ForeignKey("alert.id"))
    assessment_id: Mapped[UUID]
    rule_id: Mapped[str]
    severity: Mapped[str]
    at: Mapped[datetime] = mapped_column(instant())
    seen_at: Mapped[datetime] = mapped_column(instant())
    says: Mapped[dict[str, Any] | None]  # None in rows of before 0025: they have their words
    sentence: Mapped[str] = mapped_column(server_default="")
    patient_sentence: Mapped[str] = mapped_column(server_default="")
    source: Mapped[str]
    confidence: Mapped[str]
    vital: Mapped[str | None]
    value: Mapped[float | None]
    limit: Mapped[float | None]
    usual: Mapped[dict[str, Any] | None]
    evidence: Mapped[list[Any]]
    missing: Mapped[list[Any]]
    confirmed: Mapped[bool]
    back_in_range: Mapped[bool]
    counterfactual: Mapped[str] = mapped_column(server_default="")
    rejudged: Mapped[bool] = mapped_column(server_default=text("false"))
    fallen_at: Mapped[datetime | None] = mapped_column(instant())  # its cause vanished (REL-23)

    __table_args__ = (
        UniqueConstraint("alert_id", "rule_id", "at"),
        Index(None, "rule_id", "alert_id"),
    )


class Step(Base):
    """One thing due at one time for one kind of recipient by one channel (REL-14, REL-15)."""

    __tablename__ = "step"

    id: Mapped[UUID] = id_column()
    alert_id: Mapped[UUID] = mapped_column(ForeignKey("alert.id"))
    position: Mapped[int]
    rung: Mapped[int | None]  # its place in the tier's chain; None for what stands beside it
    kind: Mapped[str]
    due_at: Mapped[datetime] = mapped_column(instant())
    fence: Mapped[int]
    state: Mapped[str]
    to_kind: Mapped[str]
    recipient: Mapped[str | None]  # resolved when it fires
    channel: Mapped[str]
    reason: Mapped[str]
    fired_at: Mapped[datetime | None] = mapped_column(instant())
    late_seconds: Mapped[float | None]

    __table_args__ = (
        UniqueConstraint("alert_id", "fence", "position"),
        Index("ix_step_due", "due_at", postgresql_where=text("state = 'waiting'")),
    )


class Digest(Base):
    """What one person is told of together, once a day in their own zone (AL-17).

    Its items are the deliveries that bear its id.
    """

    __tablename__ = "digest"

    id: Mapped[UUID] = id_column()
    practitioner_id: Mapped[UUID] = mapped_column(ForeignKey("practitioner.id"))
    day: Mapped[date]
    items: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(instant())
    mailed_at: Mapped[datetime | None] = mapped_column(instant())
    not_mailed: Mapped[str | None]  # the reason why no e-mail announced it

    __table_args__ = (UniqueConstraint("practitioner_id", "day"),)


class Delivery(Base):
    """One attempt series of one step to one recipient by one channel (REL-12, I4).

    `public_id` is the only thing about it that leaves the login wall (SEC-23). What is
    known of it (handed over, delivered, seen, acted on) is kept apart, never inferred
    (REL-13). `moved_on_at` is when the alert went on without it; it may be tried on.
    """

    __tablename__ = "delivery"

    id: Mapped[UUID] = id_column()
    alert_id: Mapped[UUID] = mapped_column(ForeignKey("alert.id"))
    # Whose alert it is; where an insert does not say so, the database does.
    patient_id: Mapped[UUID] = mapped_column(
        ForeignKey("patient.id"), server_default=FetchedValue()
    )
    step_id: Mapped[UUID] = mapped_column(ForeignKey("step.id"), index=True)
    recipient: Mapped[str]
    channel: Mapped[str]
    severity: Mapped[str]
    state: Mapped[str]
    public_id: Mapped[str] = mapped_column(unique=True)
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None] = mapped_column(instant())
    created_at: Mapped[datetime] = mapped_column(instant())
    handed_over_at: Mapped[datetime | None] = mapped_column(instant())
    delivered_at: Mapped[datetime | None] = mapped_column(instant())
    seen_at: Mapped[datetime | None] = mapped_column(instant())
    moved_on_at: Mapped[datetime | None] = mapped_column(instant())
    acted_on_at: Mapped[datetime | None] = mapped_column(instant())
    # By whose message it was told.
    sent_with: Mapped[UUID | None] = mapped_column(ForeignKey("delivery.id"), index=True)
    digest_id: Mapped[UUID | None]  # of the digest in which it was told

    __table_args__ = (
        UniqueConstraint("alert_id", "step_id", "recipient", "channel"),
        Index(None, "created_at", "id"),
        Index(None, "patient_id", "created_at", "id"),
        Index("ix_delivery_digest", "recipient", postgresql_where=text("state = 'in-digest'")),
    )


class DeliveryAttempt(Base):
    """One try of one delivery, and how it ended."""

    __tablename__ = "delivery_attempt"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("delivery.id"))
    number: Mapped[int]
    at: Mapped[datetime] = mapped_column(instant())
    outcome: Mapped[str]
    code: Mapped[str]
    next_try_at: Mapped[datetime | None] = mapped_column(instant())

    __table_args__ = (UniqueConstraint("delivery_id", "number"),)


class Incident(Base):
    """Something that is wrong with all of it, from when to when; of a kind one is open (REL-34)."""

    __tablename__ = "incident"

    id: Mapped[UUID] = id_column()
    kind: Mapped[str]
    opened_at: Mapped[datetime] = mapped_column(instant())
    ended_at: Mapped[datetime | None] = mapped_column(instant())
    people: Mapped[int]  # heard in the hour before
    usual: Mapped[int]  # in the same hour of the days before

    __table_args__ = (
        Index("uq_incident_open", "kind", unique=True, postgresql_where=text("ended_at is null")),
    )
