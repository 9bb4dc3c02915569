"""SEC-43: the copy of a person tells of nobody else, of no officer's notes, and holds no key."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import select

from alerts.tables import Delivery, Step
from app.backup.people import known_keys, make_keys
from app.copies import scores_told
from app.copies.archive import files
from app.copies.rows import NEVER, WITHHELD, of_people, tables_of
from app.copies.service import copy
from app.erasure.tables import LegalHold
from app.schema import METADATA
from core.clock import utc_now
from core.sealed_fields import seal
from core.security import SYSTEM, Caller, Role
from ingest.access.tables import EmergencyAccess
from ingest.merging.service import merge, unmerge
from ingest.people.tables import DeviceUse
from ingest.tables import Device
from tests.app.conftest import SETTINGS
from tests.ward import JONGGIL, MALSUN

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from tests.ward import Ward

PEOPLE = (MALSUN, JONGGIL)
WHO, OTHER = "Oh Malsun", "Baek Jonggil"
NOW = utc_now()
OFFICER = Caller("user", uuid4(), Role.PRIVACY_OFFICER)


def whole(session: Session, caller: Caller, who: UUID) -> str:
    """Return all files of a copy as one text."""
    made = copy(session, caller, who, SETTINGS, now=NOW)
    return "\n".join(content.decode() for _, content in files(made, None, SETTINGS))


@pytest.fixture
def physician(ward: Ward) -> Caller:
    return Caller("user", ward.user_id, Role.PHYSICIAN, ward.practitioner_id)


def test_after_a_backup_a_copy_is_made_and_holds_no_key_sec_43(
    session: Session, ward: Ward, physician: Caller
) -> None:
    make_keys(session, {}, now=NOW)
    key = known_keys(session)[ward.patients[WHO]]

    made = copy(session, physician, ward.patients[WHO], SETTINGS, now=NOW)

    assert made.tables["patient"]
    assert not NEVER & set(made.tables)
    assert key.hex() not in json.dumps(made.tables)


def test_what_is_never_told_is_named_as_it_is_called() -> None:
    assert of_people() >= NEVER
    for name in WITHHELD:
        table, _, column = name.partition(".")
        assert column in METADATA.tables[table].columns


def test_who_had_the_device_before_is_not_in_the_copy_of_who_has_it_sec_43(
    session: Session, ward: Ward
) -> None:
    who, other = ward.patients[WHO], ward.patients[OTHER]
    device = Device(id=uuid4(), patient_id=who, name=b"")
    session.add(device)
    session.flush()
    link = {"device_id": device.id}
    session.add(DeviceUse(id=uuid4(), **link, patient_id=other, since=None, until=NOW))
    session.add(DeviceUse(id=uuid4(), **link, patient_id=who, since=NOW, until=None))
    session.flush()

    made, before = tables_of(session, {who}), tables_of(session, {other})

    assert [each["patient_id"] for each in made["device_use"]] == [str(who)]
    assert str(device.id) in {each["id"] for each in made["device"]}
    assert str(other) not in json.dumps(made)
    assert [each["patient_id"] for each in before["device_use"]] == [str(other)]
    assert str(who) not in json.dumps(before)


def test_a_merge_is_in_the_copy_while_it_stands_and_not_once_undone_sec_43(
    session: Session, ward: Ward
) -> None:
    who, other = ward.patients[WHO], ward.patients[OTHER]
    merge(session, SYSTEM, who, other, reason="Both are Ms Oh", now=NOW)
    made = tables_of(session, {who, other})
    (told,) = made["patient_merge"]

    assert (told["merged_id"], told["reason"]) == (str(other), "Both are Ms Oh")
    assert {each["id"] for each in made["patient"]} == {str(who), str(other)}
    assert {each["patient_id"] for each in made["alert"]} == {str(who), str(other)}

    unmerge(session, SYSTEM, other, now=NOW)
    for one, another in ((who, other), (other, who)):
        said = json.dumps(tables_of(session, {one}))
        assert str(one) in said
        assert str(another) not in said
        assert "Both are Ms Oh" not in said


def tell(session: Session, ward: Ward, name: str) -> str:
    """Tell somebody of the first alert of a person; return whom."""
    alert, recipient = ward.alerts[name][0], str(uuid4())
    step = session.scalars(select(Step.id).where(Step.alert_id == alert)).first()
    told = {"alert_id": alert, "step_id": step, "public_id": uuid4().hex, "created_at": NOW}
    said = {"channel": "email", "severity": "RED", "state": "waiting"}
    session.add(Delivery(recipient=recipient, **told, **said))
    session.flush()
    return recipient


def test_messages_in_a_copy_are_of_that_persons_alerts_alone_sec_43(
    session: Session, ward: Ward
) -> None:
    """While two records stand merged those of both are in it; of which each is stays as it was."""
    told = {name: tell(session, ward, name) for name in (WHO, OTHER)}
    who, other = (ward.patients[name] for name in (WHO, OTHER))

    def messages(of: UUID) -> set[str]:
        made = copy(session, SYSTEM, of, SETTINGS, now=NOW)
        found = [each["resource"] for each in made.entries]
        said = [each for each in found if each["resourceType"] == "Communication"]
        whose = {each["subject"]["reference"].removeprefix("Patient/") for each in said}
        assert whose == {each["patient_id"] for each in made.tables["delivery"]}
        names = {name for each in said for r in each["recipient"] for name in r.values()}
        return {name for name, recipient in told.items() if recipient in names}

    assert (messages(who), messages(other)) == ({WHO}, {OTHER})
    merge(session, SYSTEM, who, other, reason="the same", now=NOW)
    assert messages(who) == {WHO, OTHER}
    unmerge(session, SYSTEM, other, now=NOW)
    assert (messages(who), messages(other)) == ({WHO}, {OTHER})


@pytest.mark.parametrize("role", [Role.PHYSICIAN, Role.PRIVACY_OFFICER])
def test_what_an_officer_noted_of_staff_is_in_nobodys_copy_sec_43(
    session: Session, ward: Ward, physician: Caller, role: Role
) -> None:
    who, hold, access = ward.patients[WHO], uuid4(), uuid4()
    reason = seal(session, LegalHold.reason, "INQUIRY against the nurse", id=hold)
    session.add(LegalHold(id=hold, patient_id=who, reason=reason, set_by=OFFICER.id, set_at=NOW))
    session.add(
        EmergencyAccess(
            id=access,
            user_id=ward.user_id,
            patient_id=who,
            reason="emergency",
            text=seal(session, EmergencyAccess.text, "She had fallen", id=access),
            began_at=NOW,
            until=NOW + timedelta(hours=1),
            reviewed_at=NOW,
            reviewed_by=OFFICER.id,
            review=seal(session, EmergencyAccess.review, "NOT JUSTIFIED, warned", id=access),
        )
    )
    session.flush()

    said = whole(session, physician if role is Role.PHYSICIAN else OFFICER, who)

    assert "INQUIRY" not in said
    assert "NOT JUSTIFIED" not in said
    assert "She had fallen" in said
    assert str(hold) in said


def test_every_score_of_a_copy_can_be_taken_in_elsewhere_sec_43(
    session: Session, ward: Ward
) -> None:
    rows = tables_of(session, set(ward.patients.values()))["assessment"]

    told = scores_told.scores(rows, now=utc_now())

    assert len(told) == len(rows)
    assert any(each.risk and each.usual and each.expected for each in told)
