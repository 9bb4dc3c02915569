"""What the Korean catalogue owes its readers, checked on each of its messages."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from importlib.resources import files
from string import Formatter
from typing import TYPE_CHECKING, Any

from babel.messages.pofile import read_po

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOM = files("monitoring")
BOOK: dict[str, Any] = tomllib.loads(ROOM.joinpath("rulebook.toml").read_text(encoding="utf-8"))
CLOSINGS: list[str] = list(BOOK["closing"].values())
STORED = ROOM.joinpath("locales", "ko", "LC_MESSAGES", "monitoring.po").read_text(encoding="utf-8")
CATALOGUE = read_po(STORED.splitlines(), locale="ko")

# Names that Korean medicine writes in Latin letters, and units.
LATIN = frozenset(
    [
        "NEWS2",
        "SpO2",
        "FEV1",
        "FHIR",
        "kg",
        "cm",
        "m",
        "mg",
        "dL",
        "mmol",
        "mmHg",
        "L",
        "min",
        "C",
        "p",
    ]
)
WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*")
NUMBER = re.compile(r"(?<![A-Za-z])\d+(?:\.\d+)?")
POLITE = re.compile(r"(니다|니까|세요|십시오)[.?]$")
SENTENCE = re.compile(r"(?<=[.?!]) ")
MOST_WORDS = 20  # of a sentence for a patient
# Particles that have one form after a vowel and another after a consonant.
DEPENDENT = "을|를|은|는|이|가|과|와|으로|로|이고|이며|이나|나|이라|라"
AFTER_PLACEHOLDER = re.compile(rf"\}}(?:{DEPENDENT})(?![가-힣])")
BOTH_FORMS = re.compile(r"\((?:을|를|은|는|이|가|과|와|으로|로|으)\)")
CARELESS = re.compile(r"\s{2}|\s[.,)?!]|\(\s|^\s|\s$")
HEAVY = re.compile(
    "심부전|패혈증|폐렴|저혈당|고혈당|고혈압|저혈압|부정맥|세동|빈맥|서맥"
    "|위험|위독|사망|심각|잊으|잊어|어기|잘못|실패|거부"
)


def pair(message: Any) -> tuple[str, str]:
    """Return a message and its Korean; of a plural, what English says of many."""
    if isinstance(message.id, str):
        return message.id, str(message.string)
    (only,) = message.string
    return message.id[-1], only


PAIRS = [pair(message) for message in CATALOGUE if message.id]


def korean_of(english: str) -> str:
    message = CATALOGUE.get(english)
    return "" if message is None or message.fuzzy else str(message.string)


def to_patients() -> Iterator[str]:
    yield from map(korean_of, CLOSINGS)
    yield from (korean_of(rule["patient"]) for rule in BOOK["rule"])


def uttered(part: Any) -> Iterator[str]:
    """Yield the sentences of a part of the rulebook, and the facts that stand within them."""
    if isinstance(part, dict):
        yield from (part[name] for name in ("clinician", "patient", "words") if name in part)
        part = list(part.values())
    if isinstance(part, list):
        for each in part:
            yield from uttered(each)


def placeholders(template: str) -> Counter[str]:
    return Counter(name for _, name, _, _ in Formatter().parse(template) if name is not None)


def test_every_sentence_of_the_rulebook_is_said_in_korean() -> None:
    """alerting.md section 8, UX-17: English and Korean, and nothing left out."""
    said = {*CLOSINGS, *uttered(BOOK["rule"])}

    assert [each for each in said if not re.search("[가-힣]", korean_of(each))] == []


def test_each_message_stands_once() -> None:
    """Of two, a reader would mend the one that is not said."""
    assert len(re.findall("^msgid ", STORED, re.MULTILINE)) == len(PAIRS) + 1  # and the header


def test_korean_numbers_are_counted_in_one_form() -> None:
    assert (CATALOGUE.num_plurals, CATALOGUE.plural_expr) == (1, "0")


def test_a_korean_sentence_has_the_same_placeholders() -> None:
    differing = [
        korean for english, korean in PAIRS if placeholders(korean) != placeholders(english)
    ]

    assert differing == []


def test_a_korean_sentence_names_the_numbers_of_the_english_one() -> None:
    lost = [
        korean
        for english, korean in PAIRS
        if not set(NUMBER.findall(english)) <= set(NUMBER.findall(korean))
    ]

    assert lost == []


def test_no_english_word_is_left_in_a_korean_sentence() -> None:
    plain = {korean: re.sub(r"\{\w+\}", " ", korean) for _, korean in PAIRS}

    assert [korean for korean, text in plain.items() if set(WORD.findall(text)) - LATIN] == []


def test_no_korean_sentence_is_put_together_carelessly() -> None:
    careless = [k for _, k in PAIRS if CARELESS.search(k) or BOTH_FORMS.search(k)]

    assert careless == []


def test_no_particle_depends_on_what_stands_in_a_placeholder() -> None:
    """A number ends in a vowel or in a consonant, and a particle has one form for each."""
    assert [korean for _, korean in PAIRS if AFTER_PLACEHOLDER.search(korean)] == []


def test_a_patient_is_spoken_to_in_short_polite_sentences() -> None:
    """alerting.md section 8: the polite formal style throughout, reading age about 12."""
    sentences = [each for text in to_patients() for each in SENTENCE.split(text)]

    assert [each for each in sentences if not POLITE.search(each)] == []
    assert [each for each in sentences if len(each.split()) > MOST_WORDS] == []


def test_no_korean_words_for_a_patient_name_a_diagnosis_alarm_or_blame() -> None:
    """alerting.md section 8: no diagnosis, no blame, no alarm words."""
    assert [text for text in to_patients() if HEAVY.search(text)] == []


def test_a_closing_says_when_to_call_and_ends_as_in_english() -> None:
    for english in CLOSINGS:
        korean = korean_of(english)

        assert "{emergency}에 전화하세요." in korean
        denied = korean.endswith("이 안내는 진단이 아닙니다.")
        assert denied == english.endswith("This message is not a diagnosis.")


def test_that_nobody_may_read_at_night_is_said_before_anyone_counts_on_it() -> None:
    """alerting.md section 8: never promise a contact that the programme's hours cannot keep."""
    assert "밤에는" in korean_of(BOOK["closing"]["AMBER"])


def test_a_closing_says_who_was_told_what_to_do_and_when_to_call_in_this_order() -> None:
    """alerting.md section 8, the order of what a patient reads, in both languages."""
    for tier in ("RED", "AMBER", "YELLOW"):
        english = BOOK["closing"][tier]
        korean = korean_of(english)

        assert in_order(english, ["care team", "measur", "{emergency}", "not a diagnosis"])
        assert in_order(korean, ["의료진", "재 주세요", "{emergency}", "진단이 아닙니다"])


def in_order(text: str, parts: list[str]) -> bool:
    places = [text.find(part) for part in parts]
    return -1 not in places and places == sorted(places)
