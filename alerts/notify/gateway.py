"""SMS and chat through one HTTP gateway each; `docs/gateways.md` is the contract.

What a provider wants besides is for a small program of the installation's own between it and
us: we speak one form to all of them, and know nothing of any.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from alerts.notify.failure import DeliveryError, retry_after
from core.errors import InvalidError
from core.outward import OutwardError
from core.signing import signed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from core.outward import Answer, Outward

TIMEOUT_SECONDS = 4.0  # an alert's row may be locked meanwhile: well under the lock timeout
LONGEST_REFERENCE = 200


class Kind(StrEnum):
    """What a gateway sends."""

    SMS = "sms"
    CHAT = "chat"


class Says(StrEnum):
    """The codes of a refusal that mean something to us; another is stored as `refused`."""

    UNKNOWN_RECIPIENT = "unknown-recipient"  # there is no such number or account
    OPTED_OUT = "opted-out"  # the person told the provider to send nothing more
    NOT_TEXTABLE = "not-textable"  # a landline, or a number that takes no text


GONE = frozenset(Says)


@dataclass(frozen=True, slots=True)
class Gateway:
    """One gateway: where it is, how we sign, and where it sends its receipts.

    Parameters
    ----------
    secrets : sequence of str
        `whsec_…`; the newest first, and each signs, so that one can be replaced.
    receipts : str
        The absolute address for delivery receipts, or "" where none are wanted.
    """

    kind: Kind
    url: str
    secrets: Sequence[str] = field(repr=False)
    outward: Outward
    receipts: str = ""

    def send(self, to: str, text: str, *, delivery_id: UUID, now: datetime) -> str:
        """Hand one message over; return the gateway's own reference of it, "" for none.

        Parameters
        ----------
        to : str
            A number as E.164 has it, or the account at a chat.
        text : str
            The whole message: no patient data (SEC-23).
        delivery_id : UUID
            The same on every try: by it a gateway sends a message once.

        Raises
        ------
        DeliveryError
            Where it was not taken, or nobody knows whether it was.
        """
        said = {"id": str(delivery_id), "to": to, "text": text}
        if self.receipts:
            said["receipts"] = self.receipts
        body = json.dumps(said, ensure_ascii=False).encode()
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Idempotency-Key": str(delivery_id),
        }
        headers |= signed(body, self.secrets, id_=str(delivery_id), now=now)
        return _reference(posted(self.outward, self.url, headers, body, now=now))


def posted(
    outward: Outward, url: str, headers: Mapping[str, str], body: bytes, *, now: datetime
) -> Answer:
    """Post what is to be handed over; return the answer that takes it.

    Raises
    ------
    DeliveryError
        For every other answer, and for none.
    """
    try:
        answer = outward.within(TIMEOUT_SECONDS).send("POST", url, headers=headers, body=body)
    except InvalidError as error:
        raise DeliveryError("address-refused") from error
    except OutwardError as error:
        raise DeliveryError(error.code, provider=True) from error
    if answer.status in _TAKEN:
        return answer
    raise _refused(answer, now=now)


# 409: a message with this id was taken before, and only the answer to it was lost.
_TAKEN = frozenset({*range(200, 300), 409})
_BUSY = frozenset({429, 503})
_GONE = 410
_SERVER = 500
_UNAUTHORISED = frozenset({401, 403})


def _refused(answer: Answer, *, now: datetime) -> DeliveryError:
    status = answer.status
    said = _code(answer)
    if status == _GONE or said in GONE:
        return DeliveryError(said or "gone", gone=True)
    wait = None
    if status in _BUSY:
        wait = retry_after(answer.headers.get("retry-after", ""), now=now)
    # A credential that is refused is refused for everybody: as much the provider's fault.
    provider = status >= _SERVER or status in _BUSY | _UNAUTHORISED
    return DeliveryError(f"http-{status}", wait=wait, provider=provider)


def _code(answer: Answer) -> str:
    code = _read(answer).get("code")
    return code if isinstance(code, str) and code in GONE else ""


def _reference(answer: Answer) -> str:
    reference = _read(answer).get("reference")
    return reference[:LONGEST_REFERENCE] if isinstance(reference, str) else ""


def _read(answer: Answer) -> dict[str, object]:
    """Return what an answer says; a body that is none of ours says nothing."""
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
