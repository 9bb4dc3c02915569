"""No row of a rota is kept that nobody can read back, since its team would be told of nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from alerts.oncall import repository
from alerts.oncall.service import Turnus, add, add_leave
from alerts.rota import Away
from core.errors import InvalidError
from core.security import SYSTEM

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from tests.alerts.conftest import Ward

DAY = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
LATER = DAY + timedelta(days=1)
WEST, EAST = timezone(timedelta(hours=-12)), timezone(timedelta(hours=14))
FAR_ON = datetime(9999, 12, 31, 23, 59, tzinfo=WEST)  # the year 10000 by UTC
LONG_AGO = datetime(1, 1, 1, tzinfo=EAST)  # the year before the first
REFUSED = "the year must be from 1900 to 2999"


@pytest.mark.parametrize(
    ("since", "until", "field"), [(DAY, FAR_ON, "until"), (LONG_AGO, LATER, "since")]
)
def test_no_row_is_kept_that_nobody_can_read_rel_27(
    session: Session, ward: Ward, since: datetime, until: datetime, field: str
) -> None:
    with pytest.raises(InvalidError, match=REFUSED) as of_turn:
        add(session, SYSTEM, ward.team, ward.nurse, Turnus(since, until), now=DAY)
    with pytest.raises(InvalidError, match=REFUSED) as of_leave:
        add_leave(session, SYSTEM, Away(ward.nurse, since, until), now=DAY)

    assert (of_turn.value.field, of_leave.value.field) == (field, field)


@pytest.mark.parametrize("zone", [WEST, EAST])
def test_a_row_from_the_first_day_to_the_last_is_read_back_as_it_was_written(
    session: Session, ward: Ward, zone: timezone
) -> None:
    first, last = datetime(1900, 1, 1, tzinfo=zone), datetime(2999, 12, 31, 23, 59, tzinfo=zone)
    add(session, SYSTEM, ward.team, ward.nurse, Turnus(first, last), now=DAY)
    session.expire_all()

    held = repository.rota(session, ward.team, ZoneInfo("UTC"), since=DAY)

    assert [(each.since, each.until) for each in held.shifts] == [(first, last)]
