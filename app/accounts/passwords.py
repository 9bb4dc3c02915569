"""Which passwords are too well known; pure (SEC-05).

Long ones can be poor as well: words that are on everybody's list, rows of keys, repetitions.
"""

from __future__ import annotations

from zxcvbn import zxcvbn

from core.errors import InvalidError

LEAST_PASSWORD = 15  # OWASP ASVS 5.0, 6.2: length instead of composition rules
LEAST_SCORE = 3  # of 4: "safely unguessable", over 10^8 guesses
LOOKED_AT = 72  # characters; the estimate takes longer than linear time


def too_common(password: str, *known: str) -> bool:
    """Return whether a password would be among the first that are tried.

    `known` are words that an attacker has, such as the user name.
    """
    words = [word for text in known for word in (text, *text.split()) if word]
    score: int = zxcvbn(password[:LOOKED_AT], user_inputs=["wardlight", *words])["score"]
    return score < LEAST_SCORE


def check_password(password: str, *known: str) -> None:
    """Refuse a password that is short or well known; `known` are words that an attacker has."""
    if len(password) < LEAST_PASSWORD:
        raise InvalidError(
            "a password needs at least {least} characters",
            field="password",
            facts={"least": LEAST_PASSWORD},
        )
    if too_common(password, *known):
        raise InvalidError("this password is too easily guessed", field="password")
