"""Where those begin who run the clinic, and those who guard its privacy (SEC-10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.pages.areas import home, landing, opens
from core.security import Role
from tests.app.administration.signed_in import come_in

if TYPE_CHECKING:
    from fastapi import FastAPI

    from core.database import Database


@pytest.mark.parametrize(
    ("role", "front", "other"),
    [
        (Role.ADMINISTRATOR, "/administration", "/privacy"),
        (Role.PRIVACY_OFFICER, "/privacy", "/administration"),
    ],
    ids=str,
)
def test_who_sees_no_patients_begins_on_a_page_of_their_own_sec_10(
    database: Database, pages: FastAPI, role: Role, front: str, other: str
) -> None:
    person = come_in(database, pages, role)

    assert person.browser.get("/").headers["location"] == front
    page = person.read(front)
    assert "/inbox" not in page
    assert "/patients" not in page
    assert person.browser.get(other).status_code == 404
    assert person.browser.get("/inbox").status_code == 404


@pytest.mark.parametrize(
    ("role", "path", "expected"),
    [
        (Role.NURSE, "/inbox", True),
        (Role.NURSE, "/administration/users", False),
        (Role.SUPERVISOR, "/privacy", False),
        (Role.SUPERVISOR, "/break-glass/reviews", True),
        (Role.ADMINISTRATOR, "/administration/users", True),
        (Role.ADMINISTRATOR, "/administrations", False),
        (Role.ADMINISTRATOR, "/a-page-of-next-year", False),
        (Role.ADMINISTRATOR, "/break-glass/reviews", False),
        (Role.PRIVACY_OFFICER, "/break-glass/reviews", True),
        (Role.PRIVACY_OFFICER, "/patients", False),
    ],
)
def test_a_page_is_shut_to_whoever_it_was_not_made_for_sec_10(
    role: Role, path: str, *, expected: bool
) -> None:
    assert opens(role, path) is expected


def test_whoever_comes_in_lands_where_they_may_be() -> None:
    assert landing(Role.ADMINISTRATOR, "/inbox") == home(Role.ADMINISTRATOR)
    assert landing(Role.NURSE, "/patients?team=x") == "/patients?team=x"
