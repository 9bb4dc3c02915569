"""The pages' words: chosen by the reader, complete in every language, never glued from parts."""

from __future__ import annotations

import ast
import re
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

import pytest
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes
from markupsafe import Markup

from app.pages.language import LOCALES, language
from monitoring.catalogue import catalogue
from tests.app.conftest import csrf

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from babel.messages.catalog import Message
    from fastapi.testclient import TestClient

HERE = LOCALES.parent
TEMPLATES = sorted((HERE / "templates").glob("*.html"))
MODULES = sorted((HERE / "pages").rglob("*.py"))
KOREAN = sorted((LOCALES / "ko").glob("*.po"))
SAYING = {"say", "markup", "count", "counted"}
NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@cache
def messages(path: Path) -> tuple[Message, ...]:
    """Return what stands in a catalogue, read once for all tests."""
    return tuple(read_po(path.read_text(encoding="utf-8").splitlines(), locale="ko"))


def in_templates() -> Iterator[tuple[str, str]]:
    for path in TEMPLATES:
        tree = Environment(autoescape=True).parse(path.read_text(encoding="utf-8"))
        for call in tree.find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name in SAYING:
                for each in call.args[: 2 if call.node.name == "counted" else 1]:
                    if isinstance(each, nodes.Const):
                        yield path.name, each.value


def in_modules() -> Iterator[tuple[str, str]]:
    for path in MODULES:
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
                continue
            if call.func.attr in SAYING:
                for each in call.args[: 2 if call.func.attr == "count" else 1]:
                    if isinstance(each, ast.Constant) and isinstance(each.value, str):
                        yield path.name, each.value


def translated() -> set[str]:
    known = set(catalogue("ko").single) | {
        each for one, _ in catalogue("ko").plurals.items() for each in (one,)
    }
    for path in KOREAN:
        for message in messages(path):
            known |= {message.id} if isinstance(message.id, str) else set(message.id)
    return known


def test_every_sentence_of_the_pages_has_its_korean_ux_17() -> None:
    said = {*in_templates(), *in_modules()}

    assert len(said) > 40
    assert sorted(each for each in said if each[1] not in translated()) == []


def test_a_message_is_translated_the_same_way_wherever_it_stands_ux_17() -> None:
    judgement = catalogue("ko")
    ways: dict[object, set[object]] = {
        said: {text}
        for said, text in judgement.single.items()  # which all pages quote
    }
    for path in KOREAN:
        for message in messages(path):
            if message.id:
                assert message.string, (path.name, message.id)
                ways.setdefault(message.id, set()).add(message.string)

    assert {said: each for said, each in ways.items() if len(each) > 1} == {}


def test_korean_has_one_word_for_a_tier_and_for_taking_an_alert_ux_17() -> None:
    """UX-17: a tier as on its badge; to take an alert is 담당, to escalate it 상위 보고."""
    said = dict(catalogue("ko").single)
    for path in KOREAN:
        for message in messages(path):
            said["".join(message.id)] = str(message.string)

    odd = {
        text
        for text in said.values()
        if re.search(r"\b(RED|AMBER|YELLOW)(?![A-Z_-])|맡(기|았|은|는|을|지|겠)", text)
    }
    escalating = [text for message, text in said.items() if re.search("[Ee]scalat", message)]

    assert sorted(odd) == []
    assert escalating
    assert [text for text in escalating if "상위 보고" not in text] == []


@pytest.mark.parametrize("path", KOREAN, ids=lambda path: path.stem)
def test_a_translation_names_the_same_facts_ux_17(path: Path) -> None:
    for message in messages(path):
        assert list(message.check()) == [], message.id


def test_markup_in_a_fact_stands_and_data_is_escaped_sec_38() -> None:
    said = language("en").markup("{a} and {b}", a=Markup("<b>1</b>"), b="<i>")

    assert str(said) == "<b>1</b> and &lt;i&gt;"


def test_a_fact_that_is_missing_is_an_error() -> None:
    with pytest.raises(KeyError):
        language("en").say("{span} ago", other="3 min")


def test_what_a_person_wrote_is_said_as_it_stands() -> None:
    assert language("en").say("see {chart} & <b>") == "see {chart} & <b>"
    assert str(language("en").markup("see {chart} & <b>")) == "see {chart} &amp; &lt;b&gt;"


@pytest.mark.parametrize(
    ("span", "english", "korean"),
    [
        (timedelta(seconds=10), "just now", "방금"),
        (timedelta(minutes=3), "3 min ago", "3분 전"),
        (timedelta(hours=-5), "in 5 h", "5시간 후"),
        (timedelta(days=1234), "1,234 days ago", "1,234일 전"),
    ],
)
def test_how_long_ago_is_said_in_either_language_ux_16(
    span: timedelta, english: str, korean: str
) -> None:
    assert language("en").relative(span) == english
    assert language("ko").relative(span) == korean


def test_a_day_is_as_the_language_has_it_ux_16() -> None:
    then = NOW - timedelta(days=400)

    assert language("en").absolute(then, now=NOW, zone=UTC) == "25 Jan 2025 09:30"
    assert language("ko").absolute(then, now=NOW, zone=UTC) == "2025년 1월 25일 09:30"
    assert language("ko").absolute(NOW, now=NOW, zone=UTC) == "09:30"


def test_a_language_is_chosen_before_and_after_sign_in_ux_17(visitor: TestClient) -> None:
    page = visitor.get("/sign-in").text
    fields = {"language": "ko", "back": "/sign-in", "csrf": csrf(page)}

    answer = visitor.post("/language", data=fields)

    assert answer.headers["location"] == "/sign-in"
    assert "로그인" in visitor.get("/sign-in").text


def test_no_other_language_and_no_other_site_can_be_chosen(visitor: TestClient) -> None:
    token = csrf(visitor.get("/sign-in").text)
    elsewhere = {"language": "ko", "back": "https://evil.example/", "csrf": token}

    assert visitor.post("/language", data={"language": "xx", "csrf": token}).status_code == 422
    assert visitor.post("/language", data=elsewhere).headers["location"] == "/inbox"
