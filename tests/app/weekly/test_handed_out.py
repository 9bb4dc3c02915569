"""What is handed out of a week that was issued is that issue, and says which it is."""

from __future__ import annotations

import csv as read
import io
import json
from typing import TYPE_CHECKING

import pytest

from app.pages.door import Door, Visit
from app.pages.paper import report_on_paper
from app.pages.rendering import Renderer
from app.weekly_forms.fhir import fhir
from app.weekly_forms.service import Form, Wanted, handed_out
from app.weekly_forms.table import csv
from core.errors import NotFoundError
from core.security import SYSTEM
from tests.app.weekly.conftest import SETTINGS, TUESDAY, policy, work

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.database import Database
    from tests.ward import Ward

WEEK = "2006-W45"


def test_each_form_is_of_the_issue_and_says_which(
    session: Session, ward: Ward, database: Database
) -> None:
    work(session, TUESDAY, ward.team)
    door = Door(database, SETTINGS, Renderer(SETTINGS))

    found = handed_out(session, SYSTEM, Wanted(ward.team, WEEK, Form.CSV), policy(), now=TUESDAY)
    page = report_on_paper(door, Visit(session, SYSTEM, "", "", TUESDAY), found)
    bundle = json.loads(fhir(found, SETTINGS, now=TUESDAY, language="en"))

    assert found.issue is not None
    assert f"week {WEEK} · version 1, made 14 Nov 2006" in page
    assert {row["version"] for row in read.DictReader(io.StringIO(csv(found)))} == {"1"}
    assert bundle["timestamp"] == found.issue.made_at.isoformat()
    (document,) = [e["resource"] for e in bundle["entry"] if "content" in e["resource"]]
    assert document["content"][0]["attachment"]["url"].endswith(f"?week={WEEK}&version=1")


def test_an_issue_that_is_not_there_is_not_handed_out(session: Session, ward: Ward) -> None:
    work(session, TUESDAY, ward.team)
    wanted = Wanted(ward.team, WEEK, Form.PDF, version=2)

    with pytest.raises(NotFoundError):
        handed_out(session, SYSTEM, wanted, policy(), now=TUESDAY)
