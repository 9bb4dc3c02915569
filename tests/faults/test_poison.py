"""Work that kills whoever takes it up, and work that nobody knows: given up, seen, tried again."""

from __future__ import annotations

import subprocess
import sys
import threading
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from app.worker import make_celery
from core import outbox
from core.audit import AuditEvent
from core.outbox import MAX_ATTEMPTS, Outbox, Priority, State, Topic
from tests.faults.crowd import gather
from tests.faults.judging import judge
from tests.faults.odd import GLUTTON, LOOP, SEGFAULT
from tests.faults.stand import WORKERS, Stand
from tests.running_system import ROOT, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.faults.table import Figures
    from tests.faults.twin import Twin

pytestmark = [pytest.mark.processes, pytest.mark.faults]
POISON = {SEGFAULT: "worker-lost", LOOP: "worker-lost", GLUTTON: "MemoryError"}


class Later(StrEnum):
    """What newer code may ask for."""

    NEWER = "of-newer-code"


NEWER = Later.NEWER
NEIGHBOURS_WITHIN = 30.0  # the limit of the critical queue


@pytest.fixture
def poisoned(stand: Stand, tmp_path: Path) -> Iterator[Path]:
    """Return where the workers read that the poison is cured, and leave their effects."""
    parts = (*WORKERS, "relay")  # whose messages carry the time limits
    stand.kill(*parts)
    for part in parts:
        stand.start(part, odd="poisoned", WARDLIGHT_TEST_FOLDER=str(tmp_path))
    yield tmp_path
    stand.kill(*parts)


def rows(stand: Stand, subjects: list[UUID], topic: str = Topic.PROBE) -> list[Outbox]:
    with stand.database.transaction() as session:
        query = select(Outbox).where(Outbox.topic == topic, Outbox.subject_id.in_(subjects))
        return list(session.scalars(query.order_by(Outbox.subject_id)))


def hasten(stand: Stand, subjects: list[UUID]) -> None:
    """Hold the clock for these rows: the waits between their tries are over at once."""
    with stand.database.transaction() as session:
        waits = select(Outbox).where(
            Outbox.subject_id.in_(subjects),
            Outbox.state == State.LEASED,
            Outbox.lease_until > func.now(),
            Outbox.attempts > 0,
        )
        for row in session.scalars(waits.with_for_update(skip_locked=True)):
            row.lease_until = stand.database.now()


def given_up(stand: Stand, subjects: list[UUID], topic: str = Topic.PROBE) -> list[Outbox]:
    def all_parked() -> list[Outbox]:
        hasten(stand, subjects)
        threading.Event().wait(1.5)
        found = rows(stand, subjects, topic)
        return found if all(each.state == State.PARKED for each in found) else []

    parked: list[Outbox] = until(all_parked, within=240, what="all of it is given up")
    return parked


def wardlight(stand: Stand, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        cwd=ROOT,
        env={**_PATH, **stand.environment, "WARDLIGHT_LOG_LEVEL": "WARNING"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


_PATH = {"PATH": "/usr/bin:/bin"}


def test_poison_is_given_up_its_neighbours_are_on_time_and_its_cure_acts_once_rel_27_ft_23(
    stand: Stand, poisoned: Path, figures: Figures, unharmed: Twin
) -> None:
    """AL-16."""
    crowd = gather(stand, "neighbours", 4)
    subjects = [UUID(int=each) for each in POISON]
    with stand.database.transaction() as session:
        work = dict.fromkeys(subjects, Priority.NORMAL)
        outbox.offer_all(session, Topic.PROBE, work, now=stand.database.now())
    until(lambda: all(row.attempts for row in rows(stand, subjects)), within=60, what="it is tried")

    for mrn in crowd.mrns:
        crowd.critical(mrn)
    parked = given_up(stand, subjects)

    assert [(row.attempts, row.last_error_code) for row in parked] == [
        (MAX_ATTEMPTS, code) for code in POISON.values()
    ]
    figures.runs = len(POISON) * MAX_ATTEMPTS
    listed = wardlight(stand, "dead", "list").stdout
    assert all(str(row.id) in listed for row in parked)

    (poisoned / "cured").touch()
    answers = [wardlight(stand, "dead", "resubmit", str(row.id)) for row in parked]
    until(
        lambda: all(row.state == State.DONE for row in rows(stand, subjects)),
        within=60,
        what="what was cured is done",
    )

    assert [answer.returncode for answer in answers] == [0, 0, 0]
    assert wardlight(stand, "dead", "resubmit", str(parked[0].id)).returncode == 2
    effects = [(poisoned / f"effects-{each}").read_text() for each in POISON]
    assert effects == ["done\n"] * len(POISON)
    with stand.database.transaction() as session:
        audited = session.scalar(
            select(func.count()).where(AuditEvent.entity_id.in_([row.id for row in parked]))
        )
    assert audited == len(parked)
    judge(crowd, figures, unharmed)
    assert figures.worst is not None
    assert figures.worst < NEIGHBOURS_WITHIN


def test_work_of_newer_code_is_given_up_where_a_person_sees_it_not_lost_ft_32(
    stand: Stand, figures: Figures, unharmed: Twin
) -> None:
    """A rolling deploy went back: nobody knows the topic, nor the shape of some messages."""
    crowd, subject = gather(stand, "newer", 3), uuid4()
    now = stand.database.now()
    with stand.database.transaction() as session:
        outbox.write_offers(session, [(NEWER, subject, now, Priority.NORMAL)], now=now)  # type: ignore[list-item] # as it says
    newer = make_celery(stand.running.broker_url)
    for queue in ("critical", "normal"):
        newer.send_task("wardlight.newer", args=(str(uuid4()),), queue=queue)
        newer.send_task("wardlight.work", args=(str(uuid4()), 2), queue=queue)
        newer.send_task("wardlight.work", kwargs={"row": "x"}, queue=queue)
    newer.close()

    for mrn in crowd.mrns:
        crowd.critical(mrn)
    (parked,) = given_up(stand, [subject], NEWER)

    assert (parked.attempts, parked.last_error_code) == (MAX_ATTEMPTS, "ValueError")
    listed = wardlight(stand, "dead", "list")
    assert listed.returncode == 0, listed.stderr
    assert str(parked.id) in listed.stdout
    assert wardlight(stand, "dead", "resubmit", str(parked.id)).returncode == 0
    assert rows(stand, [subject], NEWER)[0].state in {State.OPEN, State.LEASED}
    stand.quiet_work(subject)
    judge(crowd, figures, unharmed)


def test_what_an_old_worker_cannot_do_a_new_one_does_ft_32(
    stand: Stand, figures: Figures, unharmed: Twin
) -> None:
    crowd = gather(stand, "rolling", 3)
    stand.kill(*WORKERS)
    for part in WORKERS:
        stand.start(part, odd="old_code")
    for mrn in crowd.mrns:
        crowd.critical(mrn)

    def failed() -> bool:
        with stand.database.transaction() as session:
            tried = (Outbox.topic == Topic.RAISE, Outbox.last_error_code == "KeyError")
            return bool(session.scalar(select(func.count()).where(*tried)))

    until(failed, within=60, what="old code meets new work")
    stand.stop(*WORKERS)
    stand.whole()

    judge(crowd, figures, unharmed)
