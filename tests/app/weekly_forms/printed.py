"""Looks into a PDF: its structure tree, its fonts, its words, and its pages as pictures."""

from __future__ import annotations

import io
import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import numpy as np
import pypdfium2
from pypdf import PdfReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from reports.service import TeamWeek

VOID = frozenset({"meta", "link", "input", "br", "hr", "img", "base"})
HIDDEN = frozenset({"style", "title", "nav", "button", "svg", "head", "form"})
ICON = re.compile(r'<svg aria-hidden="true".*?</svg>', re.DOTALL)


@dataclass(frozen=True)
class Printed:
    """A page for paper, and what it was set as."""

    found: TeamWeek
    page: str
    pdf: bytes

    @cached_property
    def reader(self) -> PdfReader:
        return PdfReader(io.BytesIO(self.pdf))

    @property
    def root(self) -> Any:
        return self.reader.trailer["/Root"]

    @cached_property
    def text(self) -> str:
        return "\n".join(page.extract_text() for page in self.reader.pages)

    @cached_property
    def tags(self) -> list[dict[str, Any]]:
        """Return every element of the structure tree, in reading order."""
        return list(_elements(self.root["/StructTreeRoot"]))

    def tagged(self, kind: str) -> list[dict[str, Any]]:
        return [each for each in self.tags if each.get("/S") == f"/{kind}"]

    @property
    def kinds(self) -> Counter[str]:
        return Counter(str(each.get("/S", "")).removeprefix("/") for each in self.tags)


def _elements(node: Any) -> Iterator[dict[str, Any]]:
    kids = node.get("/K", [])
    for kid in kids if isinstance(kids, list) else [kids]:
        element = kid.get_object() if hasattr(kid, "get_object") else kid
        if isinstance(element, dict) and "/S" in element:
            yield element
            yield from _elements(element)


def fonts(reader: PdfReader) -> set[str]:
    """Return the names of all fonts, each embedded, without the mark of their subset."""
    named = set()
    for page in reader.pages:
        resources: Any = page["/Resources"]
        for font in resources.get("/Font", {}).values():
            below = font.get_object()["/DescendantFonts"][0].get_object()
            assert {"/FontFile2", "/FontFile3"} & set(below["/FontDescriptor"].get_object())
            named.add(str(below["/BaseFont"]).removeprefix("/").partition("+")[2])
    return named


def grey(pdf: bytes, *, scale: float = 1.0) -> list[NDArray[np.uint8]]:
    """Return each page as a grey picture, 255 where there is no ink."""
    document = pypdfium2.PdfDocument(pdf)
    return [
        np.asarray(document[n].render(scale=scale, grayscale=True).to_numpy()).squeeze()
        for n in range(len(document))
    ]


class Words(HTMLParser):
    """What a page for paper says to those who see it."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._within: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kinds = (dict(attrs).get("class") or "").split()
        off = tag in HIDDEN or bool(
            {"running", "no-print", "visually-hidden", "weeks"} & set(kinds)
        )
        if tag not in VOID:
            self._within.append((tag, off or self._off))

    def handle_endtag(self, tag: str) -> None:
        while self._within and self._within.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not self._off:
            self.said.append(data)

    @property
    def _off(self) -> bool:
        return bool(self._within) and self._within[-1][1]


def letters(text: str) -> str:
    """Return a text without blanks and bullets: they are the paper's business."""
    return re.sub(r"[\s\u00a0\u00ad\u200b•]+", "", text)


def words_of(page: str) -> str:
    """Return what a page for paper says, without blanks."""
    words = Words()
    words.feed(ICON.sub("", page))
    return letters(" ".join(words.said))
