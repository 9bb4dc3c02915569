"""Wardlight's own codes as FHIR R4 CodeSystems: what each means, in English and in Korean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fhir.codes import HOME, HOME_VITALS, SYMPTOM_VITALS, SYMPTOMS
from fhir.living import LIVING

if TYPE_CHECKING:
    from collections.abc import Iterable

VERSION = "1"
DATED = "2026-11-30"  # when the texts below were last changed
TRANSLATION = "http://hl7.org/fhir/StructureDefinition/translation"
KOREAN = "ko"
YES_NO = "Answered with yes or no (valueBoolean, or a coded answer)."


@dataclass(frozen=True, slots=True)
class Concept:
    """One code: what it is called, what it means exactly, and what it is called in Korean."""

    code: str
    display: str
    definition: str
    korean: str = ""


_SYMPTOMS = (
    Concept(
        "breathlessness",
        "Breathlessness",
        "How breathless somebody is, 0 (not at all) to 10 (the worst imaginable), as valueInteger"
        " or valueQuantity. A yes or no is taken as an answer to `breathless`.",
        "숨찬 정도",
    ),
    Concept("breathless", "Breathless", f"Is breathless, however much. {YES_NO}", "숨참"),
    Concept(
        "breathless-at-rest",
        "Breathless at rest",
        f"Is breathless while sitting still. {YES_NO}",
        "가만히 있어도 숨참",
    ),
    Concept(
        "breathless-lying-flat",
        "Breathless lying flat",
        f"Is breathless when lying flat, better on sitting up. {YES_NO}",
        "누우면 숨참",
    ),
    Concept(
        "chest-pain", "Chest pain", f"Has pain or pressure in the chest. {YES_NO}", "가슴 통증"
    ),
    Concept(
        "new-confusion",
        "New confusion",
        f"Is newly confused, or not fully alert (NEWS2: anything but alert). {YES_NO}",
        "새로 생긴 혼란",
    ),
    Concept("severe-headache", "Severe headache", f"Has a severe headache. {YES_NO}", "심한 두통"),
    Concept(
        "visual-change",
        "Change of vision",
        f"Sees worse or otherwise than before. {YES_NO}",
        "시야 변화",
    ),
    Concept(
        "focal-weakness",
        "Weakness or numbness on one side",
        f"Is weak or numb on one side of the body, or speaks unclearly. {YES_NO}",
        "한쪽 힘 빠짐 또는 감각 이상",
    ),
    Concept("fainting", "Fainting", f"Has fainted since the last answers. {YES_NO}", "실신"),
    Concept(
        "reported-fall",
        "Fall, as reported",
        "Has fallen since the last answers, as somebody says. A detector's event is `fall` of"
        f" {HOME}. {YES_NO}",
        "넘어짐",
    ),
    Concept("vomiting", "Vomiting", f"Has vomited since the last answers. {YES_NO}", "구토"),
    Concept("diarrhoea", "Diarrhoea", f"Has diarrhoea. {YES_NO}", "설사"),
    Concept(
        "poor-intake",
        "Eating or drinking little",
        f"Eats or drinks much less than usual. {YES_NO}",
        "식사나 물 섭취가 크게 줄어듦",
    ),
    Concept(
        "more-sputum",
        "More or darker sputum",
        f"Coughs up more, or darker, phlegm than usual. {YES_NO}",
        "가래가 늘거나 색이 진해짐",
    ),
    Concept(
        "feels-worse",
        "Feels worse than usual",
        f"Feels worse than usual. {YES_NO}",
        "평소보다 몸이 나쁨",
    ),
)
_HOME = (
    Concept(
        "fall",
        "Fall",
        "A fall detector's event: 1 (or yes) where it fell, 0 where the device took it back. What"
        " is not taken back within 60 seconds is RED.",
        "낙상 감지",
    ),
    Concept(
        "irregular-rhythm",
        "Irregular rhythm",
        "A device's flag for one session of measuring: 1 where the pulse was irregular.",
        "불규칙한 맥박",
    ),
    Concept(
        "hub-heartbeat",
        "Hub heartbeat",
        "The hub at home is there (1), sent regularly: silence then means the hub, not the person.",
        "허브 작동 신호",
    ),
    Concept(
        "away", "Away from home", "1 since the person left home, 0 since they came back.", "외출"
    ),
    Concept(
        "outer-door",
        "Outer door",
        "How often an outer door was opened, at or over a time.",
        "현관문",
    ),
    Concept("bathroom", "Bathroom", "How often the bathroom's sensor was triggered.", "욕실"),
    Concept(
        "home-motion-count",
        "In-home motion",
        "How often sensors indoors were triggered over a time; a day's total where it is a day.",
        "집 안 움직임",
    ),
    Concept(
        "night-bathroom",
        "Bathroom at night",
        "Visits to the bathroom in one night.",
        "야간 욕실 이용",
    ),
    Concept(
        "motion-gap",
        "Longest gap in motion",
        "The longest time of a day without motion while not away, in hours.",
        "움직임이 없던 가장 긴 시간",
    ),
)
_LIVING = (
    Concept(
        "lives-alone",
        "Lives alone",
        f"Nobody else lives in the home. {YES_NO}",
        "혼자 삶",
    ),
)
READ: dict[str, tuple[Concept, ...]] = {SYMPTOMS: _SYMPTOMS, HOME: _HOME, LIVING: _LIVING}
KNOWN = {SYMPTOMS: frozenset(SYMPTOM_VITALS), HOME: frozenset(HOME_VITALS)}
BY_CODE = {each.code: each for each in _SYMPTOMS}


def translated(korean: str) -> dict[str, Any]:
    """Return the extension of a text that says it in Korean too."""
    said = [{"url": "lang", "valueCode": KOREAN}, {"url": "content", "valueString": korean}]
    return {"extension": [{"url": TRANSLATION, "extension": said}]}


def code_system(url: str, title: str, concepts: Iterable[Concept]) -> dict[str, Any]:
    """Return a CodeSystem with every code that it has; its id is the last part of its url."""
    listed = [_concept(each) for each in concepts]
    name = url.rpartition(":")[2]
    return {
        "resourceType": "CodeSystem",
        "id": name,
        "url": url,
        "version": VERSION,
        "name": "Wardlight" + "".join(part.capitalize() for part in name.split("-")),
        "title": title,
        "status": "active",
        "experimental": False,
        "date": DATED,
        "publisher": "Wardlight",
        "caseSensitive": True,
        "content": "complete",
        "count": len(listed),
        "concept": listed,
    }


def _concept(concept: Concept) -> dict[str, Any]:
    named = {
        "code": concept.code,
        "display": concept.display,
        "definition": concept.definition,
    }
    if not concept.korean:
        return named
    return named | {"designation": [{"language": KOREAN, "value": concept.korean}]}
