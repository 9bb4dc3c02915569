"""The learned models of one process: which score now, each loaded once (FT-33).

Which they are is asked of the registry once for each batch that is judged, so that a promotion
reaches every process without a restart. One that does not load scores nobody: rules still alert.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.logging import logger
from monitoring.artefacts.service import Filed, filed
from monitoring.models import repository, service
from monitoring.models.scorers import Scorers
from monitoring.models.standing import State
from monitoring.phrases import Phrase
from monitoring.risk import ArtefactError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy.orm import Session

    from monitoring.risk import Model

    Key = tuple[str, datetime]

log = logger(__name__)


class Learned:
    """What scores: the registry's active model, else that of a file; and those in shadow.

    Parameters
    ----------
    path : Path or None
        The file of the artefact that judges while none was promoted; None for the one that ships.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._of_file: list[Filed | None] = []
        self._loaded: dict[Key, Model | None] = {}
        self._faults: dict[str, str] = {}

    def file(self) -> Model | None:
        """Return the model of the file, read once; None where it is missing or damaged."""
        found = self._filed()
        return found.model if found else None

    def file_card(self) -> Mapping[str, Any]:
        """Return what that model says of itself; nothing where there is none."""
        found = self._filed()
        return found.card if found else {}

    def scorers(self, session: Session) -> Scorers:
        """Return who scores now; one query, and one more for each model that is new here."""
        rows = repository.scoring(session)
        # Since when it stands there is part of the key: who promotes a model again has it read
        # again.
        loaded = {(id_, since): self._load(session, (id_, since)) for id_, _, since in rows}
        self._loaded = loaded
        judging = [loaded[id_, since] for id_, state, since in rows if state is State.ACTIVE]
        beside = [loaded[id_, since] for id_, state, since in rows if state is State.SHADOW]
        return Scorers(
            judging[0] if judging else self.file(), tuple(each for each in beside if each)
        )

    def why_not(self, session: Session, model_id: str) -> str:
        """Return why a model of the registry does not load, "" where it does; asked once of each.

        What was added stays as it was (SEC-18), so that the answer does too.
        """
        if model_id not in self._faults:
            try:
                service.stored(session, model_id)
            except ArtefactError as fault:
                self._faults[model_id] = str(fault)
            else:
                self._faults[model_id] = ""
        return self._faults[model_id]

    def fault(self, session: Session) -> Phrase | None:
        """Return what every page says where nothing scores; None where something does."""
        if self.scorers(session).judging is not None:
            return None
        active = repository.active(session)
        if active is None:
            return Phrase(
                "the learned score is unavailable and the rules judge alone:"
                " its file is missing or damaged"
            )
        return Phrase(
            "the learned score is unavailable and the rules judge alone:"
            " model {model} does not load",
            {"model": Phrase(active)},
        )

    def _filed(self) -> Filed | None:
        if not self._of_file:
            self._of_file.append(filed(self._path))
        return self._of_file[0]

    def _load(self, session: Session, key: Key) -> Model | None:
        if key in self._loaded:
            return self._loaded[key]
        try:
            return service.stored(session, key[0])
        except ArtefactError as fault:
            log.error("a learned model is unavailable", model=key[0], reason=str(fault))
            return None
