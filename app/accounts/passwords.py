"""Which passwords are too well known; pure (SEC-05).

Long ones can be poor as well: words that are on everybody's list, rows of keys, repetitions.
"""

from __future__ import annotations

from zxcvbn import zxcvbn

LEAST_SCORE = 3  # of 4: "safely unguessable", over 10^8 guesses
LOOKED_AT = 72  # characters; the estimate takes longer than linear time


def too_common(password: str, *known: str) -> bool:
    """Return whether a password would be among the first that are tried.

    `known` are words that an attacker has, such as the user name.
    """
    words = [word for text in known for word in (text, *text.split()) if word]
    score: int = zxcvbn(password[:LOOKED_AT], user_inputs=["wardlight", *words])["score"]
    return score < LEAST_SCORE
