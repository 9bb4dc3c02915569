"""SEC-47: a FHIR Consent at the door says what may be done with somebody's data."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from core.errors import ForbiddenError, InvalidError, NotFoundError
from core.security import SYSTEM, Caller, Role
from fhir.consent import ACT_REASON, PURPOSES, SCOPES, Said, consent, read_consent
from ingest.choices import Purpose, Standing
from ingest.choosing.repository import standing_of, teaching
from ingest.choosing.service import Asked, choose
from tests.door import NOW, Gateway, patient

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.database import Database
    from tests.door import Clock

EARLIER = NOW - timedelta(days=3)
OFFICER = Caller("user", uuid4(), Role.PRIVACY_OFFICER)


def provision(code: str, *, kind: str = "permit", system: str = PURPOSES) -> dict[str, Any]:
    return {"type": kind, "purpose": [{"system": system, "code": code}]}


def signed(whose: str, *, status: str = "active", **root: Any) -> dict[str, Any]:
    return {
        "resourceType": "Consent",
        "status": status,
        "identifier": [{"system": "urn:hospital:consents", "value": str(uuid4())}],
        "scope": {"coding": [{"system": SCOPES, "code": "patient-privacy"}]},
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": {"reference": f"Patient/{whose}"},
        "dateTime": EARLIER.isoformat(),
        "policyRule": {"text": "Regulation (EU) 2016/679"},
        "provision": root,
    }


@pytest.fixture
def gateway(register: Callable[..., Gateway]) -> Gateway:
    return register()


@pytest.fixture
def whose(gateway: Gateway) -> str:
    return gateway.create(patient())


def stands(database: Database, whose: str, *, now: datetime = NOW) -> Standing:
    with database.transaction() as session:
        return standing_of(session, UUID(whose), now=now)


def test_it_permits_and_denies_each_purpose_by_itself(
    gateway: Gateway, database: Database, whose: str
) -> None:
    said = signed(
        whose,
        **provision("HRESCH", system=ACT_REASON),
        provision=[provision("training", kind="deny"), provision("scoring", kind="deny")],
    )

    answer = gateway.post(said)
    found = stands(database, whose)

    assert answer.status_code == 201
    assert (found.studied, found.teaches, found.scored, found.monitored) == (
        True,
        False,
        False,
        True,
    )
    assert found.word(Purpose.TRAINING) is False


@pytest.mark.parametrize("dated", [True, False], ids=["dated", "undated"])
@pytest.mark.parametrize("start", ["", (EARLIER - timedelta(days=9)).isoformat()], ids=["", "old"])
def test_an_exception_goes_before_what_it_is_an_exception_of_sec_47(
    gateway: Gateway, database: Database, whose: str, start: str, *, dated: bool
) -> None:
    no = provision("training", kind="deny") | ({"period": {"start": start}} if start else {})
    said = signed(whose, **provision("training"), provision=[no])
    if not dated:
        del said["dateTime"]

    answer = gateway.post(said)

    assert answer.status_code == 201
    assert stands(database, whose).word(Purpose.TRAINING) is False
    with database.transaction() as session:
        assert UUID(whose) not in set(session.scalars(teaching()))


@pytest.mark.parametrize("status", ["active", "inactive"])
def test_an_undated_consent_that_is_sent_again_says_nothing_newer_sec_47(
    gateway: Gateway, database: Database, whose: str, clock: Clock, status: str
) -> None:
    """A record system sends it with each change of its own, whatever was said meanwhile."""
    said = signed(whose, status=status, **provision("research"))
    del said["dateTime"]
    id_, before = gateway.create(said), status != "active"
    with database.transaction() as session:
        asked = Asked(Purpose.RESEARCH, allowed=before, comment="By telephone.")
        choose(session, OFFICER, UUID(whose), asked, now=NOW + timedelta(hours=1))

    clock.now += timedelta(hours=2)
    again = gateway.put(f"Consent/{id_}", said | {"id": id_, "meta": {"source": "urn:hospital"}})

    assert again.status_code == 200
    assert stands(database, whose, now=clock.now).word(Purpose.RESEARCH) is before


@pytest.mark.parametrize(
    ("status", "expected"),
    [("active", "yes"), ("inactive", "no"), ("rejected", "no"), ("draft", "")],
)
def test_a_permission_that_is_taken_back_is_a_no(
    gateway: Gateway, database: Database, whose: str, status: str, expected: str
) -> None:
    said = signed(whose, status=status, **provision("research"))

    answer = gateway.post(said)

    assert answer.status_code == 201
    word = stands(database, whose).word(Purpose.RESEARCH)
    assert {True: "yes", False: "no", None: ""}[word] == expected


def test_a_later_version_says_all_that_it_says_now(
    gateway: Gateway, database: Database, whose: str
) -> None:
    said = signed(whose, **provision("research"))
    id_ = gateway.create(said)

    again = gateway.put(f"Consent/{id_}", said | {"id": id_, "status": "entered-in-error"})

    assert again.status_code == 200
    assert stands(database, whose).word(Purpose.RESEARCH) is None


def test_it_counts_while_its_period_lasts(gateway: Gateway, database: Database, whose: str) -> None:
    ends = NOW + timedelta(days=1)
    period = {"start": EARLIER.isoformat(), "end": ends.isoformat()}
    gateway.post(signed(whose, **provision("monitoring", kind="deny"), period=period))

    assert not stands(database, whose).monitored
    assert stands(database, whose, now=ends + timedelta(seconds=1)).monitored
    assert stands(database, whose, now=EARLIER - timedelta(seconds=1)).monitored


@pytest.mark.parametrize(
    ("root", "element"),
    [
        ({}, "Consent.provision"),
        ({"type": "deny"}, "Consent.provision.purpose"),
        (provision("marketing"), "Consent.provision.purpose[0]"),
        ({"purpose": [{"system": PURPOSES, "code": "use"}]}, "Consent.provision.type"),
        (
            provision("research") | {"action": [{"text": "disclose"}]},
            "Consent.provision.action",
        ),
        (
            {"type": "permit", "provision": [provision("research") | {"class": [{"code": "x"}]}]},
            "Consent.provision.provision[0].class",
        ),
    ],
)
def test_what_cannot_be_followed_is_refused_by_its_element(
    gateway: Gateway, whose: str, root: dict[str, Any], element: str
) -> None:
    said = signed(whose)
    said["provision"] = root
    if not root:
        del said["provision"]

    answer = gateway.post(said)

    assert answer.status_code == 422
    assert [each["expression"] for each in answer.json()["issue"]] == [[element]]


def test_who_may_not_write_a_choice_down_is_refused(database: Database, whose: str) -> None:
    asked = Asked(Purpose.USE, allowed=False, comment="By telephone.")
    stranger = Caller("user", uuid4(), Role.NURSE, uuid4())
    doctor = Caller("user", uuid4(), Role.SUPERVISOR, None)

    with database.transaction() as session:
        with pytest.raises(NotFoundError):
            choose(session, stranger, UUID(whose), asked, now=NOW)
        with pytest.raises(ForbiddenError):
            choose(session, SYSTEM, UUID(whose), asked, now=NOW)
        with pytest.raises(InvalidError):
            choose(
                session,
                doctor,
                UUID(whose),
                Asked(Purpose.USE, allowed=False, comment=" "),
                now=NOW,
            )


def test_what_is_written_is_read_alike() -> None:
    since = datetime(2026, 11, 30, 9, tzinfo=UTC)
    for purpose in Purpose:
        said = Said(purpose, allowed=purpose is not Purpose.USE, since=since)

        read = read_consent(consent(said, patient="Patient/p", performer="", recorded=since))

        assert not hasattr(read, "issues")
        assert read.said == (said,)
