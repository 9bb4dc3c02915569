"""What is stored of a person who signs in, of their sessions, and of tries that failed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, id_column, instant
from core.sealed_fields import sealed_column


class AppUser(Base):
    """Who may sign in; `practitioner_id` decides what they may see.

    A local account has an Argon2id hash. One of the organisation has none: it is bound to an
    issuer and a subject, by whoever first signs in with its invitation (SEC-05).
    """

    __tablename__ = "app_user"

    id: Mapped[UUID] = id_column()
    username: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[bytes] = sealed_column("app_user.display_name/{id}")
    password_hash: Mapped[str]
    second_factor: Mapped[bytes] = sealed_column("app_user.second_factor/{id}", empty=True)
    second_factor_step: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    role: Mapped[str]
    practitioner_id: Mapped[UUID | None] = mapped_column(ForeignKey("practitioner.id"))
    disabled: Mapped[bool] = mapped_column(default=False)
    demo: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(instant())
    issuer: Mapped[str | None]
    subject: Mapped[str | None]
    invitation_digest: Mapped[str | None] = mapped_column(unique=True)
    invited_until: Mapped[datetime | None] = mapped_column(instant())

    __table_args__ = (UniqueConstraint("issuer", "subject"),)


class SpentState(Base):
    """The state of a crossing that came back: it opens nothing a second time."""

    __tablename__ = "spent_state"

    digest: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(instant(), index=True)


class LoginSession(Base):
    """One sign-in; only the digest of its secret is kept (SEC-07)."""

    __tablename__ = "login_session"

    id: Mapped[UUID] = id_column()
    user_id: Mapped[UUID] = mapped_column(ForeignKey("app_user.id"), index=True)
    secret_digest: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(instant())
    last_seen_at: Mapped[datetime] = mapped_column(instant())
    expires_at: Mapped[datetime] = mapped_column(instant())
    revoked_at: Mapped[datetime | None] = mapped_column(instant())


class SignInFailure(Base):
    """One failed try: digests of who and from where, so that both can be slowed (SEC-06)."""

    __tablename__ = "sign_in_failure"

    id: Mapped[UUID] = id_column()
    account_digest: Mapped[str]
    source_digest: Mapped[str]
    at: Mapped[datetime] = mapped_column(instant())

    __table_args__ = (Index(None, "account_digest", "at"), Index(None, "source_digest", "at"))
