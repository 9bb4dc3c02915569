"""Fixtures that start what is real: PostgreSQL, Valkey, the schema; and find the reference data."""

from __future__ import annotations

import gc
import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from anyio.from_thread import start_blocking_portal
from argon2 import PasswordHasher
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

import app.migrate
import core.security
from core.database import Database
from core.embedded import Servers, servers
from core.settings import Environment, Settings
from tests.emptying import empty
from tests.rabbitmq import Node, installed, rabbitmq_node
from tests.running_system import System, running_system
from tests.turns import DEAREST, SHARING, Sharing

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
OPENED = pytest.StashKey[Servers]()
SYSTEM = pytest.StashKey[ExitStack]()


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Sharing:
    return Sharing(config, log)


def pytest_configure() -> None:
    """Let what learns use one processor: of two threads on busy ones, each spins for the other."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run who shares a system first, then the dearest files, the others in their order."""
    turn = {ROOT / name: place for place, name in enumerate((*SHARING, *DEAREST))}
    items.sort(key=lambda item: turn.get(item.path, len(turn)))


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """End the shared system with the last of who shares it, not with the last test of all."""
    shared = item.session.stash.get(SYSTEM, None)
    if shared and (nextitem is None or nextitem.path not in map(ROOT.joinpath, SHARING)):
        shared.close()


def pytest_collection_finish() -> None:
    """Look for garbage among what tests make, not again and again through all that was imported."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> Iterator[None]:
    """Hash invented people's passwords at little cost: hundreds of tests sign in."""
    hasher = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(core.security, "_HASHER", hasher)
        yield


@pytest.fixture(scope="session", autouse=True)
def one_loop() -> Iterator[None]:
    """Ask applications in one event loop, as a server does; else each request begins its own.

    A loop of one's own, and threads with it, is a tenth of what a page costs here.
    """
    with pytest.MonkeyPatch.context() as patch, start_blocking_portal() as portal:
        patch.setattr(TestClient, "portal", portal)
        yield


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    data = tmp_path_factory.mktemp("wardlight")
    with servers(Settings(environment=Environment.TEST, data=data)) as running:
        yield running


@pytest.fixture(scope="session")
def database(embedded: Servers, request: pytest.FixtureRequest) -> Iterator[Database]:
    """Return the migrated database, as the application's role sees it."""
    app.migrate.upgrade(embedded.migration_database_url, app_role="wardlight_app")
    database = Database(embedded.database_url, field_keys=embedded.field_keys)
    request.session.stash[OPENED] = embedded
    yield database
    database.close()


@pytest.fixture(scope="module", autouse=True)
def begins_empty(request: pytest.FixtureRequest) -> None:
    """Empty what another file's tests left: no test may depend on what ran before its file."""
    servers = request.session.stash.get(OPENED, None)
    if servers is not None:
        empty(servers.migration_database_url)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.engine.connect() as connection, connection.begin() as outer:
        with Session(
            connection,
            expire_on_commit=False,
            join_transaction_mode="create_savepoint",
            info=database.info,
        ) as session:
            yield session
        outer.rollback()


@pytest.fixture(scope="session")
def system(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    """Run the whole program as processes, with deadlines shortened for the tests."""
    # A RED that nobody acknowledges escalates after 15 minutes; here after 4.5 seconds.
    data = tmp_path_factory.mktemp("system")
    with ExitStack() as stack:
        running = running_system(data, WARDLIGHT_ESCALATION_SCALE="0.005")
        request.session.stash[SYSTEM] = stack
        yield stack.enter_context(running)


@pytest.fixture(scope="session")
def rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """Run a RabbitMQ node."""
    if not installed():
        if os.environ.get("CI"):
            pytest.fail("CI must have RabbitMQ: .ci/run installs it")
        pytest.skip("no RabbitMQ on this machine: apt-get install rabbitmq-server")
    with rabbitmq_node(tmp_path_factory.mktemp("rabbitmq")) as node:
        yield node


@pytest.fixture(scope="session")
def reference_data() -> Path:
    folder = Path(os.environ.get("WARDLIGHT_REFERENCE_DATA", "../shared/data"))
    folder = folder if folder.is_absolute() else ROOT / folder
    if folder.is_dir():
        return folder
    if os.environ.get("CI"):
        pytest.fail(f"the reference data must be present in CI: {folder} is absent")
    pytest.skip(f"reference data absent: set WARDLIGHT_REFERENCE_DATA (looked in {folder})")
