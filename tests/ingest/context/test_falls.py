"""From the door to the finding: another detector's all-clear takes no fall back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

import monitoring.service
from monitoring.repository import assessment
from tests.door import NOW, device
from tests.ingest.context.test_context import HOME, observation

if TYPE_CHECKING:
    from core.database import Database


@pytest.mark.parametrize(("by", "told"), [("pendant", False), ("watch", True)])
def test_only_the_detector_that_saw_it_takes_a_fall_back(
    gateway: Any,
    build: Any,
    database: Database,
    by: str,
    told: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    who = gateway.create(build.patient())
    mine = {"patient": {"reference": f"Patient/{who}"}}
    devices = {name: gateway.create(device(**mine)) for name in ("pendant", "watch")}
    for name, value, seconds in (("pendant", 1, 0), (by, 0, 20)):
        at = NOW - timedelta(minutes=5) + timedelta(seconds=seconds)
        said = observation(who, HOME, "fall", valueInteger=value)
        said |= {"effectiveDateTime": at.isoformat()}
        gateway.create(said | {"device": {"reference": f"Device/{devices[name]}"}})

    with database.transaction() as session:
        rulebook = monitoring.service.load_rulebook()
        id_ = monitoring.service.assess(session, UUID(who), now=NOW, rulebook=rulebook, model=None)
        rules = {each.rule_id for each in assessment(session, id_).findings}

    assert ("FALL-DEV" in rules) is told
