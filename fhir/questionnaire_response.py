"""Reads the answers to Wardlight's daily questions as the same facts that Observations say."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fhir.codes import Meaning, codings
from fhir.identity import read_identifiers, read_reference
from fhir.measurement import Measurement, ParsedObservation, When
from fhir.moments import moment, single_time
from fhir.observation import consistent
from fhir.outcome import KEPT, PROFILE, STRUCTURE, Issue, Refusal, needed, refusal
from fhir.own_codes import VERSION
from fhir.policy import LENIENT, Policy
from fhir.questionnaire import DAILY, UNKNOWN, VITALS
from fhir.strict import check, decode
from fhir.values import Read, read

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

KIND = "QuestionnaireResponse"
# What a status means for the answers, in the words of an Observation's: answers that are not
# complete yet may open an alert and never close one; those that were abandoned still stand.
STATUSES = {
    "in-progress": "preliminary",
    "completed": "final",
    "stopped": "final",
    "amended": "amended",
    "entered-in-error": "entered-in-error",
}
WITHDRAWN = "entered-in-error"
ASKED_UNKNOWN = {"coding": [{"code": "asked-unknown"}]}
NOT_KNOWN = frozenset({UNKNOWN, ("http://loinc.org", "LA12688-0")})


def parse_answers(raw: bytes, policy: Policy = LENIENT) -> ParsedObservation | Refusal:
    """Return what the bytes of one QuestionnaireResponse mean, or why they are not taken.

    An item that is not answered says nothing: it is never a no.
    """
    document = decode(policy.unmarked(raw))
    if isinstance(document, Refusal):
        return document
    resource = policy.without_nulls(document)
    if resource.get("resourceType") != KIND:
        return refusal(STRUCTURE, "structure", f"a {KIND} is needed", "resourceType")
    checked = check(resource)
    if isinstance(checked, Refusal):
        return checked
    if "status" not in resource:
        return needed(f"{KIND}.status")
    faults = tuple(_faults(resource))
    parsed = Refusal(PROFILE, faults) if faults else _read(resource)
    return parsed if isinstance(parsed, Refusal) else policy.settled(parsed)


def _faults(resource: Mapping[str, Any]) -> Iterator[Issue]:
    url, _, version = str(resource.get("questionnaire", "")).partition("|")
    if url != DAILY or version not in ("", VERSION):
        text = f"answers are read to {DAILY} (version {VERSION}); send others as Observations"
        yield Issue("error", "not-supported", text, f"{KIND}.questionnaire")
    if "subject" not in resource:
        yield Issue("error", "required", "whose answers these are is needed", f"{KIND}.subject")
    if resource["status"] != WITHDRAWN and _when(resource) is None:
        text = "when the questions were answered is needed: a time with its zone, or a day"
        yield Issue("error", "required", text, f"{KIND}.authored")


def _when(resource: Mapping[str, Any]) -> When | None:
    return single_time(str(resource.get("authored", "")))


def _read(resource: dict[str, Any]) -> ParsedObservation | Refusal:
    status = STATUSES[str(resource["status"])]
    authored = moment(str(resource.get("authored", "")))
    parsed = ParsedObservation(
        status=status,
        subject=read_reference(resource.get("subject")),
        device=None,
        identifiers=read_identifiers(resource),
        codes=(),
        when=_when(resource) or When(sure=False),
        # Answers change while they are given: the later save is the newer.
        last_updated=moment(str((resource.get("meta") or {}).get("lastUpdated", ""))) or authored,
        resource_id=str(resource.get("id", "")),
        kind=KIND,
    )
    if status == WITHDRAWN:
        text = "this status takes the answers back"
        return replace(parsed, warnings=(Issue("information", "informational", text, KIND),))
    measurements: list[Measurement] = []
    issues: list[Issue] = []
    for number, (path, item) in enumerate(_items(resource, KIND)):
        found = _answered(item, path, number)
        if isinstance(found, Refusal):
            return found
        measurements += [found.measurement] if found.measurement is not None else []
        issues += found.issues
    together, doubts = consistent(tuple(measurements), panel=False)
    doubled = (replace(each, expression=f"{KIND}.item") for each in doubts)
    return replace(
        parsed,
        measurements=together,
        warnings=(*issues, *doubled),
        contact=bool(together),
    )


def _items(node: Mapping[str, Any], path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every item with its path, those within items and within answers among them."""
    for index, item in enumerate(node.get("item", ())):
        here = f"{path}.item[{index}]"
        yield here, item
        yield from _items(item, here)
        for number, answer in enumerate(item.get("answer", ())):
            yield from _items(answer, f"{here}.answer[{number}]")


def _answered(item: Mapping[str, Any], path: str, number: int) -> Read | Refusal:
    if "linkId" not in item:
        return needed(f"{path}.linkId")
    vital = VITALS.get(str(item["linkId"]))
    answers = item.get("answer", ())
    if vital is None:
        if not answers:  # a group, or a text of their own
            return Read()
        text = "no question of the daily questionnaire has this linkId: stored, not scored"
        return Read(issues=(Issue("warning", "not-found", text, f"{path}.linkId", "answer"),))
    if not answers:
        return Read()
    if len(answers) > 1:
        text = f"one answer is expected{KEPT}"
        return Read(issues=(Issue("warning", "business-rule", text, f"{path}.answer", "answer"),))
    return read(_element(answers[0]), Meaning(vital), f"{path}.answer[0]", index=number)


def _element(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an answer in the form of an Observation's value."""
    coding = answer.get("valueCoding")
    if coding is not None:
        concept = {"coding": [coding]}
        if NOT_KNOWN & set(codings(concept)):
            return {"dataAbsentReason": ASKED_UNKNOWN}
        return {"valueCodeableConcept": concept}
    number = answer.get("valueDecimal")
    if number is not None and number == int(number):
        return {"valueInteger": int(number)}
    return answer
