"""Every message that words are made of, so that a catalogue can be held to be whole.

Messages stand in the code, in the templates, in the reviewed data, and in the vocabulary; what is
not listed here cannot be asked for by a translator.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from importlib.resources import files
from string import Formatter
from typing import TYPE_CHECKING

from alerts.acts.repository import DID
from alerts.addresses import NEEDS
from alerts.answering.forms import Fault
from alerts.escalation import RECIPIENTS
from alerts.inbox import LONG_AGO
from alerts.lifecycle import State
from alerts.outcomes import ACTIONS, WORDS
from alerts.patients import wording
from alerts.policy import Channel
from alerts.reasons import Reason
from alerts.together.service import WHY_NOT
from app.pages.labels import CHECKLIST
from app.pages.language import of_pages
from app.pages.plan import LEVELS, TARGET_WORDS
from core import outbox
from core.vitals import MEASURES, Severity, Vital
from monitoring import learnt
from monitoring.alternatives import templates
from monitoring.criteria import CriteriaRule, tests_of
from monitoring.families import FAMILIES
from monitoring.features import FEATURES
from monitoring.findings import Missing, Problem
from monitoring.level_phrases import BEYOND
from monitoring.news2 import Part
from monitoring.phrases import within
from monitoring.plans import limits
from monitoring.plans.deciding import WHYS
from monitoring.plans.versions import Change
from monitoring.rule_words import SURE
from monitoring.schedule import Lack
from monitoring.service import load_templates
from monitoring.silence import LAST_WAS_OFF
from monitoring.slips import SLIPS
from monitoring.words import NO_NUMBER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from importlib.resources.abc import Traversable

    from monitoring.rulebook import Rulebook

# What is handed the English text of a message, refusals among it.
REFUSALS = frozenset({"InvalidError", "ConflictError", "ForbiddenError", "LaterError"})
CALLS = frozenset({"Phrase", "Sentence", "counted", "say", "text", *REFUSALS})
# Whose refusals people read on pages, beside the rooms that speak anyway (UX-17).
REFUSING = (
    ("app", "accounts"),
    ("app", "dead_letters.py"),
    ("app", "typed.py"),
    ("app", "unread.py"),
    ("core", "outward.py"),
    ("ingest", "departures.py"),
    ("ingest", "joining.py"),
    ("ingest", "merging"),
    ("ingest", "particulars"),
    ("ingest", "pauses.py"),
    ("ingest", "pausing"),
    ("ingest", "rectifying"),
    ("ingest", "register"),
    ("ingest", "sheet.py"),
    ("ingest", "spelt.py"),
    ("ingest", "uploading"),
    ("reports", "week.py"),
)
QUERIES = frozenset({"tables.py", "repository.py"})  # there `text` is SQL
IN_TEMPLATE = re.compile(r'\bsay\("([^"]+)"')


@dataclass(frozen=True, slots=True)
class Message:
    """One message by its English text, with that of more than one where it counts something."""

    id: str
    plural: str = ""

    @property
    def placeholders(self) -> frozenset[str]:
        """Return the names of the facts that stand in it."""
        return frozenset(name for _, name, _, _ in Formatter().parse(self.id) if name is not None)


def messages(rulebook: Rulebook, medicines: Iterable[str] = ()) -> list[Message]:
    """Return every message once; `medicines` are the classes that a sentence may name."""
    plain = (*_of_rules(rulebook), *_vocabulary(), *medicines, *_of_templates(), *_of_plans())
    plain += tuple(each.display for each in load_templates(rulebook).templates)
    folders = (files("monitoring"), files("alerts"), files("app").joinpath("pages"))
    found = [message for folder in folders for message in _of_code(folder)]
    for room, name in REFUSING:
        found += _of_entry(files(room).joinpath(name))
    found += [Message(each) for each in plain]
    return [each for each in dict.fromkeys(found) if each.id]


def untranslated(rulebook: Rulebook, medicines: Iterable[str], language: str) -> list[Message]:
    """Return the messages that a language's catalogue lacks."""
    book = of_pages(language)
    return [
        each
        for each in messages(rulebook, medicines)
        if each.id not in (book.plurals if each.plural else book.single)
    ]


def _of_code(folder: Traversable) -> Iterator[Message]:
    for each in sorted(folder.iterdir(), key=lambda entry: entry.name):
        yield from _of_entry(each)


def _of_entry(entry: Traversable) -> Iterator[Message]:
    if entry.is_dir():
        yield from _of_code(entry)
    elif entry.name.endswith(".py") and entry.name not in QUERIES:
        yield from of_source(entry.read_text(encoding="utf-8"))


def of_source(source: str) -> Iterator[Message]:
    """Yield the messages that a module's calls are handed."""
    module = ast.parse(source)
    named = dict(_constants(module))
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and _name(node.func) in CALLS and node.args:
            one = _texts(node.args[0], named)
            many = _texts(node.args[1], named) if _name(node.func) == "counted" else [""] * len(one)
            yield from (Message(*pair) for pair in zip(one, many, strict=True))


def _name(called: ast.expr) -> str:
    if isinstance(called, ast.Attribute):
        return called.attr
    return called.id if isinstance(called, ast.Name) else ""


def _constants(module: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield the names that stand for a text in a module."""
    for node in module.body:
        match node:
            case ast.Assign(targets=targets, value=ast.Constant(value=str(text))):
                yield from ((_name(each), text) for each in targets)


def _texts(given: ast.expr, named: Mapping[str, str]) -> list[str]:
    """Return the texts that an argument may be: one, a named one, or one of two."""
    if isinstance(given, ast.IfExp):
        return [*_texts(given.body, named), *_texts(given.orelse, named)]
    if isinstance(given, ast.Name) and given.id in named:
        return [named[given.id]]
    if isinstance(given, ast.Constant) and isinstance(given.value, str):
        return [given.value]
    return []


def _of_templates() -> Iterator[str]:
    for each in files("app").joinpath("templates").iterdir():
        yield from IN_TEMPLATE.findall(each.read_text(encoding="utf-8"))


def _of_rules(rulebook: Rulebook) -> Iterator[str]:
    yield from rulebook.closing.values()
    yield from templates(rulebook.alternatives)
    for rule in rulebook.rules:
        yield from (rule.clinician, rule.patient)
        if isinstance(rule, CriteriaRule):
            yield from (test.words for test in tests_of(rule))


def _of_plans() -> Iterator[str]:
    yield from (*BEYOND.values(), *WHYS, *Change, TARGET_WORDS, *SURE.values())
    yield from (level.replace("_", " ") for level in LEVELS)


def _vocabulary() -> Iterator[str]:
    for vital in Vital:
        measure = MEASURES[vital]
        yield from (measure.display, within(vital), measure.unit_display)
    yield from (*Missing, *Lack, *Part, LAST_WAS_OFF, NO_NUMBER)
    yield from (problem.replace("-", " ") for problem in Problem)
    yield from (slip.words for slip in SLIPS.values())
    yield from (*limits.CLINICIAN.values(), limits.PATIENT)
    yield from (*learnt.ANEW.values(), *learnt.OF.values())
    yield from (feature.label for feature in FEATURES)
    yield from FAMILIES.values()
    yield from (item.words for item in CHECKLIST)
    yield from (*WORDS.values(), "still open", "closed without an outcome", *Severity)
    yield from (*State, *DID.values(), *LONG_AGO.values(), *NEEDS.values(), *outbox.State)
    yield from WHY_NOT
    yield from (*Fault, *wording.DONE.values(), *wording.NEXT.values(), wording.AFTER_REVIEW)
    yield from (wording.CORRECTED, wording.INVITED, wording.HOW_TO_COME, wording.CANNOT_COME)
    yield from (wording.NO_VISIT, wording.VISIT_OVER)
    yield from (*(each.words for each in Reason), *(each.words for each in wording.Why))
    yield from (*Channel, *RECIPIENTS.values())
    yield from (each.replace("-", " ") for details in ACTIONS.values() for each in details)
    yield "simulated data"
    yield "simulated data and labelled days of this site"
