"""An administrator's word about a team stands against a record system's (SEC-13)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from app.accounts.service import NewUser, create_user
from app.staff import service, teams
from core.clock import utc_now
from core.security import Caller, Role
from ingest.repository import visible_to
from tests.ingest.teams.test_repository import NURSE, clinician, episode

if TYPE_CHECKING:
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

    def sees(session: Any, practitioner: str) -> bool:
        caller = Caller("user", uuid4(), Role.NURSE, UUID(practitioner))
        return who in set(session.scalars(visible_to(caller)))

    assert answer.status_code == 200, answer.text
    with database.transaction() as session:
        assert not sees(session, gone)
        assert sees(session, stays)
        ((name, _),) = teams.named_again(session, BOSS, UUID(of))
        assert name == f"Gone {tag}"
        service.join(session, BOSS, account, UUID(of), "", now=now)
        assert sees(session, gone)
        assert teams.named_again(session, BOSS, UUID(of)) == []
    gateway.put(f"CareTeam/{of}", said(tag, gone, stays) | {"id": of})
    with database.transaction() as session:
        assert sees(session, gone)
