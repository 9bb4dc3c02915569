"""Says in FHIR what became of a Bundle's entries: the response Bundle, or why all were refused."""

from __future__ import annotations

from dataclasses import dataclass, replace
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from fhir.outcome import operation_outcome
from ingest.receipt import CREATED, DELETED, NO_CONTENT, REPEATED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fhir.outcome import Issue
    from ingest.archive.repository import Version
    from ingest.receipt import Answer

PHRASES = {  # RFC 9110, for every status that an answer can have
    200: "OK",
    201: "Created",
    202: "Accepted",
    204: "No Content",
    304: "Not Modified",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    410: "Gone",
    412: "Precondition Failed",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    500: "Internal Server Error",
}


THROTTLED = 429


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers to a whole Bundle, one for each entry in the order received."""

    type: str  # batch | transaction
    entries: tuple[Answer, ...]
    methods: tuple[str, ...] = ()  # of the entries
    places: tuple[int, ...] = ()  # their indexes in the Bundle


def response_bundle(answers: Answers) -> dict[str, Any]:
    """Return the batch-response or transaction-response, without what was read (FHIR-07)."""
    return {
        "resourceType": "Bundle",
        "type": f"{answers.type}-response",
        "entry": [
            _entry(index, each) for index, each in zip(answers.places, answers.entries, strict=True)
        ],
    }


def _entry(index: int, answer: Answer) -> dict[str, Any]:
    response: dict[str, Any] = {"status": f"{answer.status} {PHRASES[answer.status]}"}
    if answer.id is not None:
        response["location"] = location(answer)
        response["etag"] = etag(answer.version)
    if answer.modified is not None:
        response["lastModified"] = answer.modified.isoformat()
    if answer.issues:
        issues = [_of_request(each, index) or each for each in answer.issues]
        response["outcome"] = operation_outcome(issues)
    return {"response": response}


def location(answer: Answer) -> str:
    """Return the relative address of the version that the answer speaks of."""
    return f"{answer.type}/{answer.called or answer.id}/_history/{answer.version}"


def etag(version: int) -> str:
    """Return the weak entity tag of a version."""
    return f'W/"{version}"'


def headers(answer: Answer, base: str) -> dict[str, str]:
    """Return what a write says about the stored version (FHIR-03)."""
    if answer.status == THROTTLED:
        return {"Retry-After": "60"}
    if answer.id is None:
        return {}
    said = {"Location": f"{base}/{location(answer)}", "ETag": etag(answer.version)}
    if answer.modified is not None:
        said["Last-Modified"] = format_datetime(answer.modified, usegmt=True)
    return said


def history_bundle(versions: Sequence[Version], address: str, *, own: bool) -> dict[str, Any]:
    """Return a history without its resources, of what stands at an absolute address (FHIR-05).

    `own` says that the sender chose the id, so that the first version was put there.
    """
    kind, _, id_ = address.rpartition("/")
    kind = kind.rpartition("/")[2]

    def entry(each: Version) -> dict[str, Any]:
        method = "PUT" if own or each.version > 1 else "POST"
        method = "DELETE" if each.status == DELETED else method
        status = CREATED if each.version == 1 else REPEATED
        status = NO_CONTENT if each.status == DELETED else status
        return {
            "fullUrl": address,
            "request": {"method": method, "url": kind if method == "POST" else f"{kind}/{id_}"},
            "response": {
                "status": f"{status} {PHRASES[status]}",
                "etag": etag(each.version),
                "lastModified": each.received_at.isoformat(),
            },
        }

    return {
        "resourceType": "Bundle",
        "type": "history",
        "entry": [entry(each) for each in versions],
    }


def failure(indexed: Sequence[tuple[int, Answer]]) -> Answer:
    """Return the one answer to a failed transaction: every refusal, pointing at its entry."""
    answers = [answer for _, answer in indexed]
    first = next((each for each in answers if each.patient_id), answers[0])
    issues = tuple(issue for index, answer in indexed for issue in _placed(answer.issues, index))
    return replace(first, issues=issues)


def _placed(issues: Iterable[Issue], index: int) -> list[Issue]:
    entry = f"Bundle.entry[{index}].resource"
    placed = []
    for issue in issues:
        _, dot, rest = issue.expression.partition(".")
        in_resource = replace(issue, expression=f"{entry}{dot}{rest}")
        placed.append(_of_request(issue, index) or in_resource)
    return placed


def _of_request(issue: Issue, index: int) -> Issue | None:
    """Return the issue at its place in the Bundle, where it is about the entry's request."""
    said = _HEADERS.get(issue.expression, issue.expression)
    if not said.startswith("request."):
        return None
    return replace(issue, expression=f"Bundle.entry[{index}].{said}")


_HEADERS = {  # what an entry says where a request of its own has a header
    "http.If-None-Exist": "request.ifNoneExist",
    "http.If-Match": "request.ifMatch",
    "http.If-None-Match": "request.ifNoneMatch",
}
