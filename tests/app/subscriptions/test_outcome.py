from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app.subscriptions.outcome import FAILURES, WAITS, Next, Reply, after_failure

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ID = UUID(int=1)


def test_only_a_success_is_taken() -> None:
    assert [Reply(status).taken for status in (0, 199, 200, 204, 299, 301, 404, 500)] == [
        False, False, True, True, True, False, False, False,
    ]  # fmt: skip


def test_tries_are_spread_over_days_and_then_end_rel_12() -> None:
    tried = [
        after_failure(Reply(500), id_=ID, attempts=n, failures=n, now=NOW).again
        for n in range(1, len(WAITS) + 2)
    ]

    assert tried[-1] is None
    waits = [again - NOW for again in tried if again]
    assert waits == sorted(waits)
    assert sum(waits, timedelta()) > timedelta(days=3)


@pytest.mark.parametrize(("failures", "status"), [(1, "active"), (FAILURES, "error")])
def test_failures_one_after_the_other_make_an_error_fhir_22(failures: int, status: str) -> None:
    follows = after_failure(Reply(500), id_=ID, attempts=1, failures=failures, now=NOW)

    assert follows.status == status
    assert follows.again is not None


def test_a_receiver_that_is_gone_is_switched_off() -> None:
    assert after_failure(Reply(410), id_=ID, attempts=1, failures=1, now=NOW) == Next("off", None)


@pytest.mark.parametrize(
    ("wish", "least", "most"),
    [
        ("120", 120, 121),
        ("9" * 30, 86_400, 86_401),
        ("tomorrow", 5, 10),
        ("-5", 5, 10),
    ],
)
def test_retry_after_is_honoured_within_a_day(wish: str, least: int, most: int) -> None:
    reply = Reply(503, retry_after=wish)
    again = after_failure(reply, id_=ID, attempts=1, failures=1, now=NOW).again

    assert again is not None
    assert least <= (again - NOW).total_seconds() <= most
