"""What readings came from, Observations or lists of answers: the basis of a judgement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from app.fhir_api.scope import uuids
from core.among import each_among
from core.vitals import MEASURES, Group, Vital
from ingest.receipt import Kind
from ingest.tables import Resource

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from uuid import UUID

    from sqlalchemy.orm import Session

_VITALS = frozenset(vital.value for vital in Vital)
_ANSWERS = frozenset(v.value for v, measure in MEASURES.items() if measure.group is Group.ANSWER)


def sources(session: Session, readings: Iterable[str]) -> list[str]:
    """Return references to what readings came from, once each: their id begins with its id.

    Only an answer can have come with others, in a QuestionnaireResponse.
    """
    listed = [each.split("/") for each in readings if "/" in each]
    found = dict.fromkeys(uuids(each[0] for each in listed))
    answers = set(uuids(each[0] for each in listed if _vital(each) in _ANSWERS))
    lists = _lists(session, answers) if answers else set()
    return [
        f"{Kind.QUESTIONNAIRE_RESPONSE if each in lists else Kind.OBSERVATION}/{each}"
        for each in found
    ]


def still_here(session: Session, readings: Collection[str]) -> list[str]:
    """Return those readings of which what they came from is kept; a summed one is not there."""
    ids = set(uuids(each.split("/")[0] for each in readings))
    kinds = (Kind.OBSERVATION, Kind.QUESTIONNAIRE_RESPONSE)
    query = select(Resource.id).where(Resource.type.in_(kinds), each_among(Resource.id, ids))
    kept = {str(id_) for id_ in session.scalars(query)} if ids else set()
    return [each for each in readings if each.split("/")[0] in kept]


def _vital(parts: list[str]) -> str:
    return next((part for part in parts if part in _VITALS), "")


def _lists(session: Session, ids: set[UUID]) -> set[UUID]:
    kind = Kind.QUESTIONNAIRE_RESPONSE
    query = select(Resource.id).where(Resource.type == kind, Resource.id.in_(ids))
    return set(session.scalars(query))
