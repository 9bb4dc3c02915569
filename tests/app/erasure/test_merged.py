"""Whom the second look was at is erased, and no record that joined them since (SEC-28, SEC-44)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete

from app.erasure import service
from app.erasure.states import COOLING_OFF, Ground, State
from app.erasure.tables import Erasure, LegalHold
from app.schema import METADATA
from core.errors import ConflictError
from core.security import SYSTEM
from ingest.merging.service import merge, unmerge
from ingest.people.tables import PatientMerge
from ingest.tables import Patient
from tests.app.erasure.filled import NOW, two_people

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

LATER = NOW + COOLING_OFF


@pytest.mark.parametrize("confirmed", [False, True], ids=["asked for", "confirmed"])
@pytest.mark.parametrize("change", [merge, unmerge], ids=["merged", "taken apart"])
def test_nobody_is_erased_of_whom_nobody_asked_it_sec_44_sec_28(
    session: Session, change: Callable[..., object], *, confirmed: bool
) -> None:
    """Two records that become one person in between, or two: what was looked at is not so."""
    anna, ben = two_people(session)
    session.execute(delete(LegalHold))
    session.execute(delete(PatientMerge))
    if change is unmerge:
        merge(session, SYSTEM, anna.id, ben.id, reason="one person", now=NOW)
    id_ = service.ask(session, SYSTEM, anna.id, Ground.CONSENT, now=NOW)
    if confirmed:
        service.confirm(session, SYSTEM, id_, now=LATER)

    if change is unmerge:
        unmerge(session, SYSTEM, ben.id, now=LATER)
    else:
        merge(session, SYSTEM, anna.id, ben.id, reason="one person", now=LATER)
    if confirmed:
        service.carry_out(session, METADATA, id_, now=LATER)
    else:
        with pytest.raises(ConflictError, match="merged or taken apart"):
            service.confirm(session, SYSTEM, id_, now=LATER)

    row = session.get_one(Erasure, id_)
    assert row.state == (State.WITHDRAWN if confirmed else State.ASKED)
    assert bool(row.digests) is not confirmed
    assert session.get(Patient, anna.id) is not None
    assert session.get(Patient, ben.id) is not None
