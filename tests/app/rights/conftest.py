"""The whole application, opened once for each file of tests."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

import app.main
import app.pages.router
import app.weekly_forms.router
from core.settings import Environment, Settings
from tests.app.rights.whole import BASE, SECRET, Clock, Undone, Whole
from tests.ward import keep_alive, open_ward

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.database import Database
    from core.embedded import Servers


@contextmanager
def opened(url: str, embedded: Servers) -> Iterator[Whole]:
    """Open the application on a ward of its own, as the role of an address of the database."""
    undone = Undone(url, field_keys=embedded.field_keys)
    ward = open_ward(undone)
    keep_alive(undone, now=ward.now)
    settings = Settings(
        environment=Environment.TEST,
        secret_key=SecretStr(SECRET),
        base_url=BASE,
        video_visit_url="https://meet.example/{id}",
        database_url=SecretStr(url),
        broker_url=SecretStr(embedded.broker_url),
    )
    clock = Clock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app.main, "connect", lambda _: undone)
        patch.setattr(app.pages.router, "mount", partial(app.pages.router.mount, clock=clock))
        web = app.main.create_app(settings)
    whole = Whole(web, undone, ward, clock=clock)
    whole.settle()
    with pytest.MonkeyPatch.context() as patch:
        # Who may have a report matters here, and not the second for setting each.
        patch.setattr(app.weekly_forms.router, "pdf", str.encode)
        yield whole
    undone.close()


@pytest.fixture(scope="module")
def whole(embedded: Servers, database: Database) -> Iterator[Whole]:
    assert database.ping()  # migrated
    with opened(embedded.database_url, embedded) as whole:
        yield whole
