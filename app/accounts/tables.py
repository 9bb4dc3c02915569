"""What is stored of a person who signs in, of their sessions, and of tries that failed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, id_column, instant
from core.sealed_fields import sealed_column


class AppUser(Base):
    """A local account; its hash is Argon2id and `practitioner_id` decides what it may see."""

    __tablename__ = "app_user"

    id: Mapped[UUID] = id_column()
    username: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[bytes] = sealed_column("app_user.display_name/{id}")
    password_hash: Mapped[str]
    role: Mapped[str]
    practitioner_id: Mapped[UUID | None] = mapped_column(ForeignKey("practitioner.id"))
    disabled: Mapped[bool] = mapped_column(default=False)
    demo: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(instant())


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
