"""Whose rows the stream of the inbox names, and to whom: by role and team (SEC-10, SEC-11)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from alerts.surveying import repository as surveying
from app.accounts.service import signed_in
from app.pages.looking import follower, rows_for
from app.pages.showing import Filter
from core.clock import utc_now
from core.security import Role, digest
from core.vitals import Severity
from tests.app.rights.whole import OTHER, ROLES, Whole

if TYPE_CHECKING:
    from app.pages.looking import Row


def heard(whole: Whole, who: Role) -> list[Row]:
    """Return what somebody's stream says when every line of every timeline is new."""
    secret = whole.people[who]
    with whole.database.transaction() as session:
        login = signed_in(session, secret, now=utc_now(), present=False)
        assert login is not None
        each = follower(session, digest(secret), login.caller, Filter())
        return rows_for(session, each, surveying.changed(session, 0))


@pytest.mark.parametrize("who", ROLES, ids=str)
def test_the_stream_names_rows_of_ones_own_team_alone_sec_11(whole: Whole, who: Role) -> None:
    rows = heard(whole, who)
    names = {str(id_): name for name, id_ in whole.ward.patients.items()}
    own = {str(id_) for name, ids in whole.ward.alerts.items() if name != OTHER for id_ in ids}
    said = {row.alert for row in rows}

    assert str(whole.ward.patients[OTHER]) not in {row.patient for row in rows}
    assert {names[row.patient] for row in rows if row.patient in names} >= {"Oh Malsun"}
    if who is Role.PHYSICIAN:  # what is wrong with data only is a nurse's
        assert {row.tier for row in rows} & {Severity.DQ} == set()
        assert own >= said & own
    else:
        assert own <= said


@pytest.mark.parametrize("who", ROLES, ids=str)
def test_whatever_row_the_stream_names_can_be_read_and_no_other_sec_10(
    whole: Whole, who: Role
) -> None:
    said = {row.alert for row in heard(whole, who)}
    hidden = {str(id_) for id_ in whole.ward.alerts[OTHER]}

    assert said
    assert not said & hidden
    for whose, expected in ((sorted(said)[:5], 200), (sorted(hidden), 404)):
        for alert in whose:
            whole.ids["alert_id", "asked"] = alert
            row = whole.ask("GET", "/inbox/rows/{alert_id}", who, "asked")

            assert row.status_code == expected, UUID(alert)
            assert (OTHER in row.text) is False
