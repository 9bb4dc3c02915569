"""Why something was refused is said in the reader's language, with its facts (UX-17)."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING

import pytest

from alerts.lifecycle import Event, Refused, State, transition
from app.messages import REFUSALS, REFUSING, Message, of_source
from app.pages.language import language
from core.errors import ConflictError, InvalidError, Sentence
from core.vitals import Severity
from tests.app.test_acting_page import of, post

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.database import Database
    from tests.app.test_acting_page import Enter
    from tests.ward import Ward

ROOT = Path(__file__).parents[2]
SPEAKING = (("alerts", ""), ("app", "pages"), ("monitoring", "plans/service.py"), *REFUSING)
# What these refuse is read where files and rotas are kept, on the command line.
OF_OPERATORS = (
    *("alerts/hours.py", "alerts/policy_check.py", "alerts/policy_source.py"),
    *("alerts/service.py", "alerts/oncall/service.py"),
)
SENTENCES = re.compile(r"from core\.errors import (\([^)]*|.*)\bSentence\b")


def refusals() -> Iterator[tuple[str, ast.Call]]:
    for room, name in SPEAKING:
        start = ROOT / room / name
        for path in sorted(start.rglob("*.py")) if start.is_dir() else [start]:
            source = path.read_text(encoding="utf-8")
            wanted = {*REFUSALS, "Sentence"} if SENTENCES.search(source) else REFUSALS
            for node in ast.walk(ast.parse(source)):
                if isinstance(node, ast.Call) and _name(node) in wanted:
                    yield str(path.relative_to(ROOT)), node


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _facts(call: ast.Call) -> ast.expr | None:
    named = {each.arg: each.value for each in call.keywords}
    second = call.args[1] if len(call.args) > 1 else None
    return named.get("facts", second)


def test_no_refusal_that_people_read_is_glued_ux_17() -> None:
    glued = [
        f"{where}:{call.lineno}"
        for where, call in refusals()
        if where not in OF_OPERATORS
        and call.args
        and isinstance(call.args[0], ast.JoinedStr | ast.BinOp)
    ]

    assert glued == []


def test_a_refusal_is_given_the_facts_that_its_sentence_asks_for() -> None:
    seen = 0
    for where, call in refusals():
        facts = _facts(call)
        said = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else None
        if not isinstance(said, str):
            continue
        asked = {name for _, name, _, _ in Formatter().parse(said) if name}
        if facts is None:
            assert not asked, (where, call.lineno)
        elif isinstance(facts, ast.Dict):
            given = {each.value for each in facts.keys if isinstance(each, ast.Constant)}
            assert given == asked, (where, call.lineno)
            seen += 1

    assert seen > 20


def test_a_refusal_that_is_new_is_asked_of_the_catalogue() -> None:
    source = 'raise InvalidError("at most {most} of them", field="x", facts={"most": 3})'

    assert list(of_source(source)) == [Message("at most {most} of them")]


def test_programs_read_a_refusal_in_english_and_people_in_their_language() -> None:
    error = InvalidError("a note has at most {most} characters", facts={"most": 2000})

    assert error.message == str(error) == "a note has at most 2000 characters"
    assert language("en").refusal(error) == "A note has at most 2,000 characters."
    assert language("ko").refusal(error) == "메모는 최대 2,000자까지 쓸 수 있습니다."


def test_what_somebody_wrote_may_hold_braces() -> None:
    assert InvalidError("see {chart}").message == "see {chart}"


def test_a_sentence_within_a_sentence_is_said_too() -> None:
    why = (
        Sentence("{count} of {of} has another reason", {"count": 1, "of": 3}),
        Sentence(
            "{count} of {of} is {tier} by now", {"count": 2, "of": 3, "tier": Sentence("RED")}
        ),
    )
    error = ConflictError("nothing was taken: {reasons}", facts={"reasons": why})

    assert error.message == "nothing was taken: 1 of 3 has another reason; 2 of 3 is RED by now"
    assert language("ko").refusal(error) == (
        "아무것도 담당하지 않았습니다: 3건 중 1건은 사유가 다릅니다;"
        " 3건 중 2건이 이제 적색 등급입니다."
    )


@pytest.mark.parametrize("state", [each for each in State if each.ended])
def test_what_an_ended_alert_refuses_is_said_in_korean(state: State) -> None:
    refused = transition(state, Event.CLAIM, Severity.AMBER)

    assert isinstance(refused, Refused)
    said = language("ko").refusal(ConflictError(refused.reason))
    assert not re.search("[A-Za-z]", said)


def test_who_was_first_is_said_in_the_readers_language_ux_05(
    database: Database, enter: Enter, ward: Ward
) -> None:
    first, second = enter(ward.username), enter(ward.colleague)
    alert = of(database, ward, "Kwon Yeonghui")
    second.headers["Accept-Language"] = "ko"
    post(first, alert, "acknowledge", version="1")

    refused = post(second, alert, "snooze", hours="4", reason="x", version="1")

    assert refused.status_code == 409
    assert re.search(r"Dr Han님이 \d+초 전 이 알림을 담당했습니다\. 조치하기 전에", refused.text)


def test_what_a_form_lacks_is_said_in_the_readers_language(
    database: Database, enter: Enter, ward: Ward
) -> None:
    client, alert = enter(ward.username), of(database, ward, "Kwon Yeonghui")
    client.headers["Accept-Language"] = "ko"

    refused = post(client, alert, "note", note="x" * 2001)

    assert refused.status_code == 422
    assert "<p>메모는 최대 2,000자까지 쓸 수 있습니다.</p>" in refused.text
