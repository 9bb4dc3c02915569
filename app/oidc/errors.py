"""Why a sign-in at the organisation came to nothing: what the log may say of it."""

from __future__ import annotations


class SignInError(Exception):
    """The crossing is refused; `reason` is a word of ours, never what somebody sent."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ProviderAwayError(SignInError):
    """The provider cannot be asked at the moment; the same person may try again."""
