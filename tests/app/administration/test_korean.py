"""No page of administration says anything that no catalogue was asked for (UX-17)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from app.staff import integrations, service, teams
from app.staff.integrations import Registration
from app.staff.service import Newcomer
from core.clock import utc_now
from core.outward import Outward
from core.security import SYSTEM, Role
from core.settings import Settings
from tests.app.administration.signed_in import come_in
from tests.app.test_untranslated import bracketed as _bracketed
from tests.app.test_untranslated import outside

if TYPE_CHECKING:
    from fastapi import FastAPI

    from core.database import Database

bracketed = _bracketed  # a fixture is found by its name in the module that uses it


@pytest.mark.usefixtures("bracketed")
def test_a_page_of_administration_leaves_no_word_untranslated_ux_17(
    database: Database, pages: FastAPI
) -> None:
    boss, guard = (
        come_in(database, pages, role) for role in (Role.ADMINISTRATOR, Role.PRIVACY_OFFICER)
    )
    now, mark = utc_now(), uuid4().hex[:8]
    with database.transaction() as session:
        site = teams.add_site(session, SYSTEM, f"Harbour {mark}", now=now)
        team = teams.add_team(session, SYSTEM, f"Quay {mark}", site, now=now)
        nurse = Newcomer(f"nurse-{mark}", "Nurse Song", Role.NURSE)
        user, _ = service.invite(session, SYSTEM, nurse, now=now)
        service.join(session, SYSTEM, user, team, "", now=now)
        new = Registration(f"gateway-{mark}", "system/Observation.cu")
        outward = Outward.of(Settings())
        client, _ = integrations.register(session, SYSTEM, new, outward=outward, now=now)
    of_boss = (
        *("", "/users", f"/users/{user}", f"/teams/{team}", f"/rota/{team}"),
        f"/integrations/{client}",
    )
    read = [(boss, f"/administration{path}") for path in of_boss] + [(guard, "/privacy")]
    # Names and ids: data, which no catalogue has.
    with database.transaction() as session:  # the list shows whoever other tests made, too
        names = {each.display_name for each in service.everybody(session, SYSTEM)}
        names |= {each.name for each in teams.teams(session, SYSTEM)}
    known = re.compile(
        "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
        + r"|The (administrator|privacy-officer)-\w+|Harbour|Quay|Nurse Song|gateway-\w+"
        r"|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    )

    left = {}
    for person, path in read:
        answer = person.browser.get(path, headers={"Accept-Language": "ko"})
        assert answer.status_code == 200, path
        left[path] = [
            each for each in outside(answer.text, known) if not re.search(r"Team|Site|Rota ", each)
        ]

    assert {path: words for path, words in left.items() if words} == {}
