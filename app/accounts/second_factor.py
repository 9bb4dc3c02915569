"""Codes of an authenticator app, for local accounts that may do most (SEC-05); pure.

RFC 6238: six digits of thirty seconds each, one step before and after taken for clocks that are
apart. A code is good once.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pyotp

from core.security import Role, same
from core.settings import Environment

if TYPE_CHECKING:
    from datetime import datetime

PRIVILEGED = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR, Role.PRIVACY_OFFICER})
STEP = timedelta(seconds=30)


def needed(environment: Environment) -> bool:
    """Return whether who may do most shows a code where passwords are.

    The accounts of the demonstration open invented patients, and are printed on the screen.
    """
    return environment not in (Environment.DEMO, Environment.TEST)


def fresh() -> str:
    """Return a new secret: 160 bits, as an app is told it."""
    return pyotp.random_base32()


def address(secret: str, username: str) -> str:
    """Return what an authenticator app reads."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name="Wardlight")


def step_of(secret: str, code: str, *, now: datetime, after: int) -> int | None:
    """Return the step that a code is of, or None where it is wrong or was used before.

    `after` is the step of the last code that was taken.
    """
    said = "".join(code.split())
    totp, current = pyotp.TOTP(secret), int(now.timestamp() // STEP.total_seconds())
    right = [
        step for step in (current - 1, current, current + 1) if same(totp.generate_otp(step), said)
    ]
    return next((step for step in right if step > after), None)
