"""A report as headings, words, tables and pictures: written once, printed as HTML and Markdown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, fromstring, tostring

from lab.reporting.plots import STYLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reports.charts import Svg


@dataclass(frozen=True, slots=True)
class Words:
    """One paragraph; `strong` for what must not be overlooked."""

    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its caption; the first column names its rows."""

    caption: str
    headings: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Picture:
    """A plot under a file name of its own; a table with the same numbers follows it."""

    name: str
    caption: str
    svg: Svg


Block = Words | Table | Picture


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it."""

    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True, slots=True)
class Document:
    """The whole report."""

    title: str
    first: Sequence[Block]
    sections: Sequence[Section]

    def blocks(self) -> Iterator[Block]:
        """Yield every block in order."""
        yield from self.first
        for section in self.sections:
            yield from section.blocks

    def pictures(self) -> Iterator[Picture]:
        """Yield every picture in order."""
        return (block for block in self.blocks() if isinstance(block, Picture))


PAGE = """
:root { color-scheme: light dark; --ground: #fff; --ink: #14202b; --soft: #4d5b69;
 --rule: #dce3e8; --sunken: #eef2f4; --accent: #0a6a68; }
@media (prefers-color-scheme: dark) { :root { --ground: #0f161c; --ink: #e8eef2;
 --soft: #a9b7c2; --rule: #2a3842; --sunken: #172129; --accent: #5fd0c6; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 76rem; background: var(--ground);
 color: var(--ink); font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.2; } h2 { margin-top: 2.5rem; font-size: 1.3rem;
 border-top: 1px solid var(--rule); padding-top: 1rem; }
p { max-width: 46rem; } .strong { font-weight: 600; border-left: 4px solid var(--accent);
 padding-left: .8rem; }
nav ol { columns: 2 16rem; padding-left: 1.4rem; } a { color: var(--accent); }
figure { margin: 1.5rem 0 .5rem; } figcaption, caption { color: var(--soft); text-align: left;
 font-size: .92rem; padding: .3rem 0; }
.scroll { overflow-x: auto; margin: 1rem 0; } table { border-collapse: collapse;
 font-size: .88rem; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid var(--rule); padding: .28rem .7rem .28rem 0; text-align: right;
 vertical-align: top; } thead th { background: var(--sunken); font-weight: 600; }
th:first-child, .prose th, .prose td { text-align: left; } tbody th { font-weight: 500; }
.numbers td { white-space: nowrap; } .numbers tbody th { min-width: 11rem; }
small { display: block; color: var(--soft); font-size: .82em; }
@page { size: A4 landscape; margin: 12mm; }
@media print { body { max-width: none; padding: 0; font-size: 9.5pt; } .scroll { overflow:
 visible; } .numbers tbody th { min-width: 0; } table { font-size: 7pt; } nav { display: none; }
 figure, tr { break-inside: avoid; } h2, caption { break-after: avoid; } }
"""
LONG = 40  # characters: a cell of prose, not of numbers


def html(document: Document) -> str:
    """Return the report as one page that needs nothing else and runs no script."""
    root = Element("html", lang="en")
    head, body = SubElement(root, "head"), SubElement(root, "body")
    SubElement(head, "meta", charset="utf-8")
    SubElement(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    SubElement(head, "title").text = document.title
    SubElement(head, "style").text = PAGE + STYLE
    main = SubElement(body, "main")
    SubElement(main, "h1").text = document.title
    for block in document.first:
        _shown(main, block)
    _contents(main, document)
    for number, section in enumerate(document.sections, start=1):
        own = SubElement(main, "section", id=f"s{number}")
        SubElement(own, "h2").text = f"{number}. {section.title}"
        for block in section.blocks:
            _shown(own, block)
    return "<!DOCTYPE html>\n" + tostring(root, encoding="unicode", method="html") + "\n"


def _contents(main: Element, document: Document) -> None:
    listed = SubElement(SubElement(main, "nav", {"aria-label": "Contents"}), "ol")
    for number, section in enumerate(document.sections, start=1):
        SubElement(SubElement(listed, "li"), "a", href=f"#s{number}").text = section.title


def _shown(parent: Element, block: Block) -> None:
    match block:
        case Words():
            paragraph = SubElement(parent, "p", {"class": "strong"} if block.strong else {})
            paragraph.text = block.text
        case Table():
            _table(parent, block)
        case Picture():
            figure = SubElement(parent, "figure")
            figure.append(fromstring(block.svg))  # noqa: S314 (our own markup)
            SubElement(figure, "figcaption").text = block.caption


def _table(parent: Element, block: Table) -> None:
    around = {"class": "scroll", "tabindex": "0", "role": "region", "aria-label": block.caption}
    prose = any(len(cell) > LONG for row in block.rows for cell in row[1:])
    table = SubElement(SubElement(parent, "div", around), "table")
    table.set("class", "prose" if prose else "numbers")
    SubElement(table, "caption").text = block.caption
    top = SubElement(SubElement(table, "thead"), "tr")
    for heading in block.headings:
        SubElement(top, "th", scope="col").text = heading
    body = SubElement(table, "tbody")
    for row in block.rows:
        line = SubElement(body, "tr")
        SubElement(line, "th", scope="row").text = row[0]
        for cell in row[1:]:
            _value(SubElement(line, "td"), cell, prose=prose)


def _value(place: Element, cell: str, *, prose: bool) -> None:
    """Write a value, and below it its interval, small: columns stay narrow."""
    value, apart, interval = cell.partition(" (")
    if prose or not apart or not interval.endswith(")"):
        place.text = cell
        return
    place.text = f"{value} "
    SubElement(place, "small").text = f"({interval}"


def markdown(document: Document) -> str:
    """Return the report as Markdown; its pictures lie beside it in `figures/`."""
    lines = [f"# {document.title}", ""]
    for block in document.first:
        lines += _written(block)
    for number, section in enumerate(document.sections, start=1):
        lines += [f"## {number}. {section.title}", ""]
        for block in section.blocks:
            lines += _written(block)
    return "\n".join(lines).rstrip() + "\n"


def _written(block: Block) -> list[str]:
    match block:
        case Words():
            return [f"**{block.text}**" if block.strong else block.text, ""]
        case Picture():
            return [f"![{block.caption}](figures/{block.name}.svg)", ""]
        case Table():
            rows = [block.headings, tuple("---" for _ in block.headings), *block.rows]
            cells = ("| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows)
            return [f"*{block.caption}*", "", *cells, ""]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def alone(picture: Picture) -> str:
    """Return a picture as a file of its own, with its colours in it."""
    root = fromstring(picture.svg)  # noqa: S314 (our own markup)
    root.set("xmlns", "http://www.w3.org/2000/svg")
    style = Element("style")
    style.text = STYLE
    root.insert(0, style)
    return tostring(root, encoding="unicode") + "\n"
