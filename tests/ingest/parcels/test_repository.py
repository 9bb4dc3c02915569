"""Bodies go into parcels and come out as they were, readable to nobody who lacks the keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from core.sealing import UnsealedError
from ingest.parcels.repository import FULL, cut_out, pack
from ingest.tables import Parcel
from tests.door import NOW

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

BODIES = [b'{"resourceType": "Observation", "n": %d}' % number for number in range(50)]


def test_bodies_of_one_transaction_lie_in_one_parcel_and_come_out_in_any_order_fhir_14(
    session: Session,
) -> None:
    spans = pack(session, BODIES, now=NOW)

    assert len({each.parcel_id for each in spans}) == 1
    assert cut_out(session, spans[::-1]) == BODIES[::-1]


def test_a_parcel_is_closed_before_it_is_too_full_to_read_one_body_from(session: Session) -> None:
    large = [bytes([number]) * (FULL // 2) for number in range(5)]

    spans = pack(session, large, now=NOW)

    assert [each.start for each in spans] == [0, FULL // 2, 0, FULL // 2, 0]
    assert cut_out(session, spans) == large


def test_what_is_stored_cannot_be_read_nor_moved_sec_27(session: Session) -> None:
    (first,), (second,) = (pack(session, [body], now=NOW) for body in BODIES[:2])
    sealed = session.scalar(select(Parcel.sealed).where(Parcel.id == first.parcel_id))
    assert sealed is not None
    assert BODIES[0] not in sealed

    session.execute(update(Parcel).where(Parcel.id == second.parcel_id).values(sealed=sealed))

    with pytest.raises(UnsealedError):
        cut_out(session, [second])
