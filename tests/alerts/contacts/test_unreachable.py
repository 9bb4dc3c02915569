"""Who answers for patients and has no way outside the inbox is named (AL-18)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update
from typer.testing import CliRunner

from alerts.contacts import repository, service
from alerts.contacts.repository import NewPoint
from alerts.policy import Channel
from alerts.routing import practitioner
from app.cli import build
from core.errors import InvalidError
from ingest import tables as people

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from tests.alerts.conftest import Ward


def test_who_answers_and_has_no_working_channel_is_named_al_18(
    session: Session, ward: Ward, now: datetime
) -> None:
    mine = {practitioner(ward.manager), practitioner(ward.colleague), practitioner(ward.nurse)}
    before = {key for key, _ in service.unreachable(session)} & mine
    without = update(people.Practitioner).where(
        people.Practitioner.id.in_([ward.manager, ward.colleague, ward.nurse])
    )
    session.execute(without.values(email=b""))
    repository.add(session, NewPoint(practitioner(ward.colleague), Channel.SMS, "+491"), now=now)

    found = dict(service.unreachable(session))

    # The nurse answers for nobody, and the colleague has a number.
    assert before == set()
    assert {key: found[key] for key in mine & set(found)} == {practitioner(ward.manager): "Dr Ahn"}


@pytest.mark.parametrize("command", ["add", "remove", "list", "check", "push-key"])
def test_each_command_says_what_it_does(command: str) -> None:
    printed = CliRunner().invoke(build(), ["reach", command, "--help"])

    assert printed.exit_code == 0
    assert "Usage" in printed.output


def test_an_unknown_severity_is_refused_before_anything_is_opened() -> None:
    arguments = ["reach", "add", "sms", "+491701234567", "--lane", "fallback", "--tiers", "PURPLE"]

    done = CliRunner().invoke(build(), arguments)

    assert isinstance(done.exception, InvalidError)
    assert "PURPLE" in done.exception.message
