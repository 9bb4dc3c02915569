"""An administrator's word about a team stands against a record system's (SEC-13)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from app.accounts.service import NewUser, create_user
from app.staff import service, teams
from core.clock import utc_now
from core.security import Caller, Role
from ingest.repository import responsible, visible_to
from tests.ingest.teams.test_repository import NURSE, clinician, episode

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.database import Database

BOSS = Caller("user", uuid4(), role=Role.ADMINISTRATOR)


def said(name: str, *members: str) -> dict[str, Any]:
    """Return a team as a record system sends it, again and again."""
    role = [{"coding": [{"system": "http://snomed.info/sct", "code": NURSE}]}]
    return {
        "resourceType": "CareTeam",
        "identifier": [{"system": "urn:teams", "value": name}],
        "status": "active",
        "name": name,
        "participant": [
            {"member": {"reference": f"Practitioner/{who}"}, "role": role} for who in members
        ],
    }


def sees(session: Session, practitioner: str, who: UUID) -> bool:
    caller = Caller("user", uuid4(), Role.NURSE, UUID(practitioner))
    return who in set(session.scalars(visible_to(caller)))


def test_a_resource_puts_nobody_back_whom_an_administrator_took_out_sec_13(
    gateway: Any, build: Any, database: Database
) -> None:
    who, tag, now = UUID(gateway.create(build.patient())), uuid4().hex, utc_now()
    gone, stays = (clinician(gateway, f"{each} {tag}") for each in ("Gone", "Stays"))
    of = gateway.create(said(tag, gone, stays))
    gateway.create(episode(str(who), of))
    new = NewUser(tag, f"Gone {tag}", f"a long pass {tag}", Role.NURSE, UUID(gone))
    with database.transaction() as session:
        account = create_user(session, new, now=now)
        service.leave(session, BOSS, account, UUID(of), now=now)
        assert teams.named_again(session, BOSS, UUID(of)) == []

    answer = gateway.put(f"CareTeam/{of}", said(tag, gone, stays) | {"id": of})

    assert answer.status_code == 200, answer.text
    with database.transaction() as session:
        assert not sees(session, gone, who)
        assert sees(session, stays, who)
        ((name, _),) = teams.named_again(session, BOSS, UUID(of))
        assert name == f"Gone {tag}"
        service.join(session, BOSS, account, UUID(of), "", now=now)
        assert sees(session, gone, who)
        assert teams.named_again(session, BOSS, UUID(of)) == []
    gateway.put(f"CareTeam/{of}", said(tag, gone, stays) | {"id": of})
    with database.transaction() as session:
        assert sees(session, gone, who)


def test_an_episode_makes_nobody_a_manager_whom_an_administrator_took_out_sec_13_sec_15(
    gateway: Any, build: Any, database: Database
) -> None:
    """Who answers for a patient sees them: an episode of care is a way back like any other."""
    who, tag, now = UUID(gateway.create(build.patient())), uuid4().hex, utc_now()
    gone, next_ = (clinician(gateway, f"{each} {tag}") for each in ("Gone", "Next"))
    of = gateway.create(said(tag, gone, next_))
    gateway.create(episode(str(who), of, gone))
    new = NewUser(tag, f"Gone {tag}", f"a long pass {tag}", Role.NURSE, UUID(gone))
    with database.transaction() as session:
        assert [str(each.practitioner_id) for each in responsible(session, who)] == [gone]
        account = create_user(session, new, now=now)
        service.leave(session, BOSS, account, UUID(of), now=now)
        assert not sees(session, gone, who)
        assert responsible(session, who) == []

    answer = gateway.post(episode(str(who), of, gone) | {"type": [{"text": "again"}]})

    assert answer.status_code == 200, answer.text
    assert "EpisodeOfCare.careManager" in answer.text
    with database.transaction() as session:
        assert not sees(session, gone, who)
        assert teams.named_again(session, BOSS, UUID(of))
    gateway.post(episode(str(who), of, next_))
    with database.transaction() as session:
        assert [str(each.practitioner_id) for each in responsible(session, who)] == [next_]
        service.join(session, BOSS, account, UUID(of), "", now=now)
    gateway.post(episode(str(who), of, gone))
    with database.transaction() as session:
        assert [str(each.practitioner_id) for each in responsible(session, who)] == [gone]
