"""The whole application, opened once for each file of tests."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

import app.main
import app.pages
import app.weekly_forms.router
from core.settings import Environment, Settings
from tests.app.rights.whole import BASE, SECRET, Clock, Undone, Whole
from tests.ward import keep_alive, open_ward

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.database import Database
    from core.embedded import Servers


@pytest.fixture(scope="module")
def whole(embedded: Servers, database: Database) -> Iterator[Whole]:
    ward = open_ward(database)
    keep_alive(database, now=ward.now)
    settings = Settings(
        environment=Environment.TEST,
        secret_key=SecretStr(SECRET),
        base_url=BASE,
        video_visit_url="https://meet.example/{id}",
        database_url=SecretStr(embedded.database_url),
        broker_url=SecretStr(embedded.broker_url),
    )
    clock = Clock()
    undone = Undone(embedded.database_url, field_keys=embedded.field_keys)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app.main, "connect", lambda _: undone)
        patch.setattr(app.pages, "mount", partial(app.pages.mount, clock=clock))
        web = app.main.create_app(settings)
    whole = Whole(web, undone, ward, clock=clock)
    whole.settle()
    with pytest.MonkeyPatch.context() as patch:
        # Who may have a report matters here, and not the second for setting each.
        patch.setattr(app.weekly_forms.router, "pdf", str.encode)
        yield whole
    undone.close()
