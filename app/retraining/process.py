"""The process that trains: it claims its run, says how far it is, and keeps what comes out.

It is apart because a training takes longer than a task may, and more memory than a worker should
have. It is the last to get the processor, and holds no more memory than it is given.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from app.lifeline import PARENT_VARIABLE, hold_on
from app.retraining import service
from app.retraining.own_data import labelled
from app.retraining.states import Order, Stage, Why
from core.errors import ConflictError, InvalidError, WardlightError
from core.logging import logger
from core.security import SYSTEM
from monitoring.families import TARGETS
from monitoring.models import service as models
from monitoring.models.standing import MOST_IN_SHADOW
from monitoring.risk import ArtefactError, digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from uuid import UUID

    from core.database import Database
    from monitoring.asked import Asked
    from monitoring.sample import Sample

    Simulated = Callable[..., tuple[Sample, Asked]]

log = logger(__name__)
BEAT_SECONDS = 5.0
NICER = 10
MOST_MEMORY = 4 << 30  # bytes; a training of 1,000 people for 400 days holds about a quarter (E)
SIMULATED = "simulated data"
OWN_TOO = "simulated data and labelled days of this site"
DESCRIBED = 0.8  # of the time is spent on simulating and describing people (E)


def start(run_id: UUID, *, wait: bool = False) -> int:
    """Start the process of a run, which ends with this one; return its exit code if it ended."""
    environment = {
        **os.environ,
        PARENT_VARIABLE: str(os.getpid()),
        "OMP_NUM_THREADS": "1",  # alerting has the other processors
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "retrain", "--run", str(run_id)],
        env=environment,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    log.info("training started", run=str(run_id), pid=process.pid)
    if wait:
        return process.wait()
    threading.Thread(target=process.wait, daemon=True).start()  # nothing is left as a zombie
    return 0


def be_modest() -> None:
    """Let alerting go first, and take no more memory than is granted."""
    hold_on()
    os.nice(NICER)
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))


class Progress:
    """How far a run is, and the thread that says so; it ends the process of a run that ended."""

    def __init__(self, database: Database, run_id: UUID) -> None:
        self._database, self._run = database, run_id
        self._over = threading.Event()
        self.stage, self.share = Stage.OWN_DATA, 0.0

    def at(self, stage: Stage, share: float) -> None:
        """Note how far the run is; the next beat says it."""
        self.stage, self.share = stage, share

    @contextmanager
    def beating(self, every: float = BEAT_SECONDS) -> Iterator[None]:
        """Say every few seconds that the process lives."""
        thread = threading.Thread(target=self._beat, args=(every,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()

    def _beat(self, every: float) -> None:
        while not self._over.wait(every):
            try:
                with self._database.transaction() as session:
                    now = self._database.now()
                    ours = service.beat(session, self._run, self.stage, self.share, now=now)
            except Exception:
                log.exception("a training could not say how far it is", run=str(self._run))
                continue
            if not ours and not self._over.is_set():
                log.warning("the training was ended: stopping", run=str(self._run))
                os.kill(os.getpid(), signal.SIGTERM)


def run(
    database: Database, run_id: UUID, simulated: Simulated, *, every: float = BEAT_SECONDS
) -> bool:
    """Do one run, if it is still there to be done; return whether it came to its end."""
    with database.transaction() as session:
        order = service.take_up(session, run_id, now=database.now())
    if order is None:
        log.info("nothing to train: it was taken up or cancelled", run=str(run_id))
        return False
    progress = Progress(database, run_id)
    try:
        with progress.beating(every):
            artefact, trained_on = _trained(database, order, simulated, progress)
            progress.at(Stage.KEEPING, 0.99)
        _keep(database, run_id, artefact, trained_on)
    except Exception as error:
        log.exception("a training failed", run=str(run_id))
        with database.transaction() as session:
            why = why_of(error)
            service.fail(session, run_id, why, type(error).__name__, now=database.now())
        return False
    return True


def why_of(error: Exception) -> Why:
    """Return under which reason an error ends a run."""
    if isinstance(error, MemoryError):
        return Why.MEMORY
    if isinstance(error, ConflictError):
        return Why.KNOWN
    return Why.UNFIT if isinstance(error, InvalidError | ArtefactError) else Why.ERROR


def _trained(
    database: Database, order: Order, simulated: Simulated, progress: Progress
) -> tuple[dict[str, Any], str]:
    # By name: scikit-learn costs a second and 100 MB, which nothing else here should pay.
    training = import_module("monitoring.training")
    with database.transaction() as session:
        own = labelled(session, now=database.now())
    done = 0

    def one_more() -> None:
        nonlocal done
        done += 1
        progress.at(Stage.DESCRIBING, DESCRIBED * done / order.patients)

    def one_head() -> None:
        progress.at(Stage.FITTING, progress.share + (1 - DESCRIBED) / (len(TARGETS) + 1))

    sample, asked = simulated(order.patients, order.days, seed=order.seed, progress=one_more)
    progress.at(Stage.FITTING, DESCRIBED)
    trained_on = OWN_TOO if own.sample else SIMULATED
    artefact = training.train(
        sample,
        asked,
        training.Recipe(seed=order.seed),
        trained_on=trained_on,
        more=own.sample,
        progress=one_head,
    )
    return with_card(artefact, {"own_data": own.card()}), trained_on


def with_card(artefact: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Return the artefact with more said of its training, and the hash that goes with it."""
    payload = {**artefact, "training": {**artefact["training"], **more}}
    return payload | {"sha256": digest(payload)}


def _keep(database: Database, run_id: UUID, artefact: dict[str, Any], trained_on: str) -> None:
    """Put the model into the registry and in shadow, in the transaction that ends the run."""
    with database.transaction() as session:
        now = database.now()
        reason = f"training run {run_id}"
        model = models.add(session, SYSTEM, artefact, reason=reason, now=now)
        try:
            with session.begin_nested():
                models.put_in_shadow(session, SYSTEM, model, reason=reason, now=now)
        except WardlightError as error:  # as many as may be are in shadow: it waits as a candidate
            log.warning("not in shadow", model=model, most=MOST_IN_SHADOW, reason=str(error))
        service.done(session, run_id, model, trained_on, now=now)
