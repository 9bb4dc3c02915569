"""Wardlight's daily questions as a FHIR R4 Questionnaire, in English and in Korean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fhir.codes import LOINC, SNOMED, SYMPTOM_VITALS, SYMPTOMS
from fhir.own_codes import BY_CODE, DATED, VERSION, translated

DAILY = "urn:wardlight:questionnaire:daily"
ID = "daily"
LOWEST, HIGHEST = 0, 10
MIN_VALUE = "http://hl7.org/fhir/StructureDefinition/minValue"
MAX_VALUE = "http://hl7.org/fhir/StructureDefinition/maxValue"
UNKNOWN = (SNOMED, "261665006")
OPTIONS = (
    (LOINC, "LA33-6", "Yes", "예"),
    (LOINC, "LA32-8", "No", "아니요"),
    (*UNKNOWN, "I do not know", "모르겠음"),
)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for one code of the symptoms; the code is its linkId."""

    code: str
    english: str
    korean: str
    scale: bool = False  # 0 to 10 instead of yes or no


QUESTIONS = (
    Question(
        "breathlessness",
        "How short of breath are you today, from 0 (not at all) to 10 (the worst imaginable)?",
        "오늘 숨이 얼마나 차십니까? 0(전혀 차지 않음)부터 10(가장 심함)까지로 답해 주세요.",
        scale=True,
    ),
    Question(
        "breathless-at-rest",
        "Are you short of breath while sitting still?",
        "가만히 앉아 있어도 숨이 차십니까?",
    ),
    Question(
        "breathless-lying-flat",
        "Are you short of breath when lying flat, or did you need more pillows than usual?",
        "반듯이 누우면 숨이 차거나, 평소보다 베개를 더 높여야 하십니까?",
    ),
    Question(
        "chest-pain",
        "Do you have pain or pressure in your chest?",
        "가슴이 아프거나 조이는 느낌이 있으십니까?",
    ),
    Question(
        "new-confusion",
        "Are you, or do you seem to others, more confused or drowsier than usual?",
        "본인이 느끼기에 또는 주위 사람이 보기에, 평소보다 정신이 흐리거나 더 졸리십니까?",
    ),
    Question("severe-headache", "Do you have a severe headache?", "머리가 심하게 아프십니까?"),
    Question(
        "visual-change",
        "Has your sight become worse, double or blurred?",
        "눈이 잘 안 보이거나 흐리거나 겹쳐 보이십니까?",
    ),
    Question(
        "focal-weakness",
        "Is one side of your face or body weak or numb, or is your speech unclear?",
        "얼굴이나 몸 한쪽에 힘이 빠지거나 저리십니까? 또는 말이 어눌해지셨습니까?",
    ),
    Question(
        "fainting",
        "Have you fainted since you last answered?",
        "지난번에 답하신 뒤로 정신을 잃고 쓰러진 적이 있으십니까?",
    ),
    Question(
        "reported-fall",
        "Have you fallen since you last answered?",
        "지난번에 답하신 뒤로 넘어진 적이 있으십니까?",
    ),
    Question(
        "vomiting",
        "Have you vomited since you last answered?",
        "지난번에 답하신 뒤로 토한 적이 있으십니까?",
    ),
    Question("diarrhoea", "Do you have diarrhoea?", "설사를 하십니까?"),
    Question(
        "poor-intake",
        "Are you eating or drinking much less than usual?",
        "평소보다 식사나 물 섭취가 많이 줄었습니까?",
    ),
    Question(
        "more-sputum",
        "Are you coughing up more phlegm than usual, or is it darker?",
        "평소보다 가래가 늘었거나 색이 진해졌습니까?",
    ),
    Question("feels-worse", "Do you feel worse than usual?", "평소보다 몸 상태가 나쁘십니까?"),
)
# The yes or no without a scale is no question of the list, and its answer is understood.
VITALS = {code: SYMPTOM_VITALS[code] for code in ("breathless", *(q.code for q in QUESTIONS))}


def daily() -> dict[str, Any]:
    """Return the Questionnaire; every item may be left out, and then nothing is known of it."""
    return {
        "resourceType": "Questionnaire",
        "id": ID,
        "language": "en",
        "url": DAILY,
        "version": VERSION,
        "name": "WardlightDaily",
        "title": "How are you today?",
        "_title": translated("오늘은 어떠십니까?"),
        "status": "active",
        "experimental": False,
        "subjectType": ["Patient"],
        "date": DATED,
        "publisher": "Wardlight",
        "item": [_item(question) for question in QUESTIONS],
    }


def _item(question: Question) -> dict[str, Any]:
    coded = {"system": SYMPTOMS, "code": question.code, "display": BY_CODE[question.code].display}
    asked: dict[str, Any] = {
        "linkId": question.code,
        "code": [coded],
        "text": question.english,
        "_text": translated(question.korean),
        "required": False,
        "repeats": False,
    }
    if not question.scale:
        return asked | {"type": "choice", "answerOption": [_option(*each) for each in OPTIONS]}
    bounds = ((MIN_VALUE, LOWEST), (MAX_VALUE, HIGHEST))
    extension = [{"url": url, "valueInteger": value} for url, value in bounds]
    return asked | {"type": "integer", "extension": extension}


def _option(system: str, code: str, english: str, korean: str) -> dict[str, Any]:
    coded = {"system": system, "code": code, "display": english, "_display": translated(korean)}
    return {"valueCoding": coded}
