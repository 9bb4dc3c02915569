"""What becomes of an Observation: new, repeated, a new version, or in conflict with the record.

Pure: it is handed what is known and decides in order of arrival, so that a Bundle that
repeats itself is judged exactly as the same entries sent one by one.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from core.vitals import Quality, Vital
from ingest.revising import CORRECTING, RANK, VALUELESS, Outcome, revision

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from ingest.candidates import Candidate

BESIDE = frozenset({Quality.CONFLICT, Quality.ABSENT, Quality.WITHDRAWN})  # not the live one

NaturalKey = tuple["UUID", str, Vital, "datetime"]  # patient, device, vital, effective
Name = tuple[str, ...]  # the type, and an identifier's system and value
OBSERVATION = "Observation"
SAVED = "preliminary"  # answers that are not complete yet, and will be saved again


@dataclass(frozen=True, slots=True)
class Incoming:
    """An Observation with its patient known and its values placed in time."""

    patient_id: UUID
    status: str
    candidates: tuple[Candidate, ...]
    names: tuple[Name, ...]  # its identifiers
    digest: str
    new_id: UUID  # the id that it gets if it is new
    updated: datetime | None = None  # meta.lastUpdated
    replaces: bool = False  # was put to `new_id`, whatever is there
    knowing: int = 0  # the version that it replaces, where its sender made sure of that
    kind: str = OBSERVATION


@dataclass(frozen=True, slots=True)
class Kept:
    """A stored Observation at its latest version, with the readings that live."""

    id: UUID
    version: int
    status: str
    patient_id: UUID
    candidates: tuple[Candidate, ...]
    updated: datetime | None = None
    own: bool = True  # is the asking client's: nobody else corrects it by what it says
    kind: str = OBSERVATION


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with one Observation, and which readings to store for it."""

    outcome: Outcome
    resource_id: UUID
    version: int
    readings: tuple[Candidate, ...] = ()
    alike: bool = False  # was recognised by whose, what, when and how much, not by its name

    @property
    def stores(self) -> bool:
        """Return whether anything is written at all."""
        return self.outcome in (Outcome.NEW, Outcome.NEW_VERSION, Outcome.CONFLICT)


@dataclass(slots=True)
class Known:
    """What the record holds about the Observations at hand; grows as decisions are taken."""

    names: dict[Name, UUID] = field(default_factory=dict)
    digests: dict[str, UUID] = field(default_factory=dict)
    kept: dict[UUID, Kept] = field(default_factory=dict)
    natural: dict[NaturalKey, list[tuple[UUID, Candidate]]] = field(default_factory=dict)

    def learn(self, incoming: Incoming, decision: Decision) -> None:
        """Remember a decision, so that the next Observation meets it as stored."""
        for name in incoming.names:
            self.names.setdefault(name, decision.resource_id)
        self.digests.setdefault(incoming.digest, decision.resource_id)
        if not decision.stores:
            return
        before = self.kept.get(decision.resource_id)
        for each in before.candidates if before else ():
            twins = self.natural.get(each.key, [])
            twins[:] = [twin for twin in twins if twin[0] != decision.resource_id]
        self.keep(
            Kept(
                decision.resource_id,
                decision.version,
                incoming.status,
                incoming.patient_id,
                decision.readings,
                incoming.updated,
                before.own if before else True,
                incoming.kind,
            )
        )

    def twin(self, candidate: Candidate) -> UUID | None:
        """Return the Observation that already says exactly this, if there is one."""
        twins = self.natural.get(candidate.key, ())
        return next((owner for owner, twin in twins if candidate.equals(twin)), None)

    def keep(self, kept: Kept) -> None:
        """Index a stored Observation by its id and by the natural keys of its readings."""
        self.kept[kept.id] = kept
        for each in kept.candidates:
            if each.quality is not Quality.ABSENT:
                self.natural.setdefault(each.key, []).append((kept.id, each))


def sort(incoming: Iterable[Incoming], known: Known) -> list[Decision]:
    """Decide in the order given; `known` learns each decision before the next is taken."""
    decisions = []
    for each in incoming:
        decision = decide(each, known)
        if decision.outcome is not Outcome.STALE:
            known.learn(each, decision)
        decisions.append(decision)
    return decisions


def decide(incoming: Incoming, known: Known) -> Decision:
    """Decide about one Observation (fhir.md section 3, REL-05, REL-07, REL-08)."""
    if incoming.replaces:
        return _replace(incoming, known)
    same = known.digests.get(incoming.digest)
    if same is not None and same in known.kept:
        kept = known.kept[same]
        return Decision(Outcome.REPEATED, kept.id, kept.version)
    named = next((known.names[name] for name in incoming.names if name in known.names), None)
    if named is not None:
        kept = known.kept[named]
        if kept.patient_id != incoming.patient_id:
            return Decision(Outcome.TAKEN, kept.id, kept.version)
        return _revise(incoming, kept, known, same=_same_content(incoming, kept))
    return _by_natural_key(incoming, known)


def _replace(incoming: Incoming, known: Known) -> Decision:
    """Decide about what was put to an id: it takes the place of what is there.

    A status does not go back: a final that arrives after its correction is a late original.
    Who names the version that they replace knows better, but a preliminary value never lowers.
    """
    kept = known.kept.get(incoming.new_id)
    live = _live(incoming.candidates)
    if kept is None:
        return Decision(Outcome.NEW, incoming.new_id, 1, _beside(live, known, incoming.new_id))
    if kept.patient_id != incoming.patient_id:
        return Decision(Outcome.TAKEN, kept.id, kept.version)
    if incoming.knowing not in (0, kept.version):
        return Decision(Outcome.STALE, kept.id, kept.version)
    knowing = incoming.knowing and RANK[incoming.status] >= RANK["final"]
    if RANK[incoming.status] < RANK[kept.status] and not knowing:
        return Decision(Outcome.REPEATED, kept.id, kept.version)
    return Decision(Outcome.NEW_VERSION, kept.id, kept.version + 1, _beside(live, known, kept.id))


def _by_natural_key(incoming: Incoming, known: Known) -> Decision:
    """Decide about what has no known name: only its own client corrects a reading this way."""
    keyed = [each for each in incoming.candidates if each.quality is not Quality.ABSENT]
    met = [each for each in keyed if known.natural.get(each.key)]
    if not met:
        return _new(incoming, incoming.candidates)
    if _of_another_kind(incoming, met, known):
        # A whole list of answers is no repeat of single ones: stored, and each fact counts once.
        beside = _beside(_live(incoming.candidates), known, incoming.new_id)
        return Decision(Outcome.NEW, incoming.new_id, 1, beside)
    differing = [each for each in met if known.twin(each) is None]
    if not differing and len(met) < len(keyed):
        return _new(incoming, [each for each in incoming.candidates if each not in met])
    first = (differing or met)[0]
    twin = known.kept[known.twin(first) or known.natural[first.key][0][0]]
    own = _own(first, twin, incoming, known)
    if own is not None:
        decision = _revise(incoming, own, known, same=not differing)
    elif incoming.status in VALUELESS:
        return _new(incoming, ())
    elif differing:
        decision = _conflict(incoming, twin, known)
    else:
        decision = Decision(Outcome.REPEATED, twin.id, twin.version)
    return replace(decision, alike=decision.outcome is Outcome.REPEATED)


def _of_another_kind(incoming: Incoming, met: Iterable[Candidate], known: Known) -> bool:
    if incoming.kind != OBSERVATION:
        return True
    owners = (owner for each in met for owner, _ in known.natural[each.key])
    return any(known.kept[owner].kind != OBSERVATION for owner in owners)


def _own(candidate: Candidate, twin: Kept, incoming: Incoming, known: Known) -> Kept | None:
    """Return the Observation of the same client that this one speaks of, if there is one.

    A correction is about what its own sender said, also where somebody else said it better.
    """
    if twin.own:
        return twin
    if incoming.status not in CORRECTING and known.twin(candidate) is not None:
        return None
    said = (known.kept[owner] for owner, _ in known.natural[candidate.key])
    return next((each for each in said if each.own), None)


def _same_content(incoming: Incoming, kept: Kept) -> bool:
    live = _live(incoming.candidates)
    return len(live) == len(kept.candidates) and all(_among(each, kept) for each in live)


def _among(candidate: Candidate, kept: Kept) -> bool:
    return any(candidate.key == twin.key and candidate.equals(twin) for twin in kept.candidates)


def _revise(incoming: Incoming, kept: Kept, known: Known, *, same: bool) -> Decision:
    older = newer = False
    if kept.updated is not None and incoming.updated is not None:
        older = kept.status in CORRECTING and incoming.updated < kept.updated
        newer = incoming.updated > kept.updated
    outcome = revision(kept.status, incoming.status, same=same, older=older, newer=newer)
    if outcome is Outcome.CONFLICT and incoming.kind != OBSERVATION and incoming.status == SAVED:
        late = bool(kept.updated and incoming.updated and incoming.updated < kept.updated)
        outcome = Outcome.REPEATED if late else Outcome.NEW_VERSION
    if outcome is Outcome.CONFLICT:
        return _conflict(incoming, kept, known)
    if outcome is Outcome.REPEATED:
        return Decision(outcome, kept.id, kept.version)
    return Decision(
        outcome, kept.id, kept.version + 1, _beside(_live(incoming.candidates), known, kept.id)
    )


def _conflict(incoming: Incoming, kept: Kept, known: Known) -> Decision:
    """Keep both values, score only the first, and let neither overwrite the other (REL-08)."""
    named = any(known.names.get(name) == kept.id for name in incoming.names)
    readings = tuple(
        replace(each, quality=Quality.CONFLICT) if named or known.natural.get(each.key) else each
        for each in _live(incoming.candidates)
        if known.twin(each) is None and not _among(each, kept)
    )
    if not readings:
        return Decision(Outcome.REPEATED, kept.id, kept.version)
    return Decision(Outcome.CONFLICT, incoming.new_id, 1, readings)


def _new(incoming: Incoming, candidates: Iterable[Candidate]) -> Decision:
    return Decision(Outcome.NEW, incoming.new_id, 1, _live(candidates))


def _beside(candidates: Iterable[Candidate], known: Known, own: UUID) -> tuple[Candidate, ...]:
    """Mark what clashes with another Observation's reading; its own earlier version gives way."""
    marked = []
    for each in candidates:
        others = [twin for owner, twin in known.natural.get(each.key, ()) if owner != own]
        if not any(each.equals(twin) for twin in others):
            marked.append(replace(each, quality=Quality.CONFLICT) if others else each)
    return tuple(marked)


def _live(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Leave out what is withdrawn; of two components with one key the second is in conflict."""
    seen: dict[NaturalKey, Candidate] = {}
    live = []
    for each in candidates:
        if each.quality is Quality.WITHDRAWN:
            continue
        first = None if each.quality is Quality.ABSENT else seen.setdefault(each.key, each)
        if first is None or first is each:
            live.append(each)
        elif not first.equals(each):
            live.append(replace(each, quality=Quality.CONFLICT))
    return tuple(live)


def needs_digest(incoming: Incoming, decision: Decision) -> bool:
    """Return whether only its words make a repeat recognisable: no name, and no reading lives."""
    if decision.outcome is Outcome.CONFLICT:
        return True
    if incoming.names:
        return False
    if incoming.kind != OBSERVATION:
        return True
    return decision.outcome is not Outcome.NEW or not _all_live(decision, incoming)


def _all_live(decision: Decision, incoming: Incoming) -> bool:
    return len(decision.readings) == len(incoming.candidates) > 0 and not any(
        each.quality in BESIDE for each in decision.readings
    )
