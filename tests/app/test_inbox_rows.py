"""Which alerts of a person the inbox reads whole: the first, and what is left where that ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import update

import alerts.surveying.service as surveying
from alerts.lifecycle import State
from alerts.tables import Alert
from core.security import Caller, Role

if TYPE_CHECKING:
    from core.database import Database
    from tests.ward import Ward


def test_where_the_first_alert_ends_while_the_list_is_read_the_others_keep_the_person_on_it_ux_01(
    database: Database, ward: Ward
) -> None:
    reader = Caller("user", ward.user_id, Role.PHYSICIAN, ward.practitioner_id)
    with database.transaction() as session:
        cases = surveying.cases(session, reader)
        several = next(case for case in cases if len(case.alerts) > 1)
        before, _ = surveying.rows(session, reader, cases, today=ward.now.date())
        ended = update(Alert).where(Alert.id == several.first.id)
        session.execute(ended.values(state=State.RESOLVED, closed_at=ward.now))

        after, _ = surveying.rows(session, reader, cases, today=ward.now.date())
        session.rollback()

    assert [row.alert_id for row in before] == [case.first.id for case in cases]
    (row,) = [each for each in after if each.patient_id == several.patient_id]
    assert row.alert_id == several.alerts[1].id
    assert len(after) == len(before)
    whole = next(each for each in before if each.patient_id == several.patient_id)
    assert [p for _, p in whole.untaken] + list(whole.other_problems) == [
        each.problem for each in several.alerts[1:]
    ]
