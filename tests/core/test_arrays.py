"""Arrays of the database come back as numpy's, nulls and empty ones too."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np

from core.rows import run

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def test_arrays_hold_what_the_server_sent(session: Session) -> None:
    at = datetime(2026, 3, 29, 0, 59, 59, 999_999, tzinfo=UTC)
    id_ = UUID("7adecc80-0000-4000-8000-00000000ff00")

    [[floats, instants, whole, days, ids]] = run(
        session,
        "select %b::float8[], %b::timestamptz[], %b::int4[], %b::date[], %b::uuid[]",
        [1.5, -0.1],
        [at],
        [7, -3],
        [date(2026, 3, 29)],
        [id_],
        numpy=True,
    )

    assert floats.tolist() == [1.5, -0.1]
    assert instants.tolist() == [at.timestamp()]
    assert whole.tolist() == [7, -3]
    assert days.tolist() == [date(2026, 3, 29).toordinal()]
    assert [UUID(bytes=each.tobytes()) for each in ids] == [id_]


def test_what_is_null_is_told_apart_and_keeps_its_place(session: Session) -> None:
    [[some, none, instants, days, empty]] = run(
        session,
        "select array[null, 2, null, 3]::float8[], array[null, null]::float8[],"
        " array['2000-01-01 00:00:01+00', null]::timestamptz[], array[null, '0001-01-02']::date[],"
        " array[]::float8[]",
        numpy=True,
    )

    np.testing.assert_array_equal(some, [math.nan, 2, math.nan, 3])
    np.testing.assert_array_equal(none, [math.nan, math.nan])
    np.testing.assert_array_equal(instants, [946_684_801.0, math.nan])
    assert days.tolist() == [0, 2]
    assert len(empty) == 0
