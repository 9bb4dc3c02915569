"""Fixtures that start what is real: PostgreSQL, Valkey, the schema; and find the reference data."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

import app.migrate
import core.security
from app.watching.tables import WorkerGroup
from core.database import Database
from core.embedded import Servers, servers
from core.outbox import Outbox, State
from core.settings import Environment, Settings
from tests.rabbitmq import Node, installed, rabbitmq_node
from tests.running_system import System, running_system

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
OPENED = pytest.StashKey[Database]()
# Files of more than some 15 s of CPU: taken first, they end beside others and not after them all.
# Those with a browser stand apart from each other: some of their tests have to be quick.
DEAREST = (
    "tests/browser/test_pages.py",
    "tests/app/rights/test_audited.py",
    "tests/app/rights/test_graphs.py",
    "tests/app/rights/test_table.py",
    "tests/browser/test_trends.py",
    "tests/alerts/episodes/test_any_order.py",
    "tests/app/fhir_api/test_scans.py",
    "tests/alerts/test_any_acts.py",
    "tests/app/test_live.py",
    "tests/browser/test_live.py",
    "tests/lab/test_plan_fit.py",
    "tests/app/oidc/test_sign_in.py",
    "tests/app/rights/test_addresses.py",
)


def pytest_configure() -> None:
    """Let what learns use one processor: of two threads on busy ones, each spins for the other."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the dearest files first, the others in their order."""
    turn = {ROOT / name: place for place, name in enumerate(DEAREST)}
    items.sort(key=lambda item: turn.get(item.path, len(turn)))


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
    request.session.stash[OPENED] = database
    yield database
    database.close()


@pytest.fixture(scope="module", autouse=True)
def nothing_waits(request: pytest.FixtureRequest) -> None:
    """End what another file's tests left: work, a backlog here, and workers that have ended."""
    database = request.session.stash.get(OPENED, None)
    if database is not None:
        waiting = Outbox.state.in_([State.OPEN, State.LEASED])
        with database.transaction() as session:
            session.execute(update(Outbox).where(waiting).values(state=State.DONE))
            session.execute(delete(WorkerGroup))


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
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Run the whole program as processes, with deadlines shortened for the tests."""
    # A RED that nobody acknowledges escalates after 15 minutes; here after 4.5 seconds.
    data = tmp_path_factory.mktemp("system")
    with running_system(data, WARDLIGHT_ESCALATION_SCALE="0.005") as running:
        yield running


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
