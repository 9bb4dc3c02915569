"""Sets a page for paper as a tagged PDF (PDF/UA-1), from nothing but the page and our fonts.

Only the process that `press` is imports this: the typesetter needs Pango of the system, and
takes more memory than a process that answers people should.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, tostring

from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from app.fonts import bundled, faces

if TYPE_CHECKING:
    from collections.abc import Mapping

SVG = "{http://www.w3.org/2000/svg}"
FONT, DRAWN = "wardlight-font", "wardlight-drawn"
ASSETS = Path(__file__).parent.parent / "assets"
PICTURES = ASSETS / "paper-pictures.css"  # what the page's own styles do not reach


class NothingElseError(ValueError):
    """A page asked for something that is not of ours."""


class Ours(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no types
    """Hands out what it was given, and nothing of a network or of the file system (SEC-39)."""

    def __init__(self, given: Mapping[str, bytes]) -> None:
        super().__init__(allowed_protocols=())
        self._given = given

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:  # noqa: ARG002 (WeasyPrint's name)
        """Return what stands under an address of ours; raise for every other."""
        if url not in self._given:
            raise NothingElseError("a report is made of what it was handed")
        kind = "image/svg+xml" if url.startswith(DRAWN) else "font/woff"
        return URLFetcherResponse(url, self._given[url], {"Content-Type": kind})


def typeset(page: str, static: Path) -> bytes:
    """Return the PDF of a page."""
    fonts = bundled(static)
    given = {f"{FONT}:{name}": path.read_bytes() for name, path in fonts.items()}
    fetcher = Ours(given)
    document = HTML(string=page, url_fetcher=fetcher, media_type="print")
    given |= _prepared(document.etree_element)
    configured = FontConfiguration()
    styles = CSS(string=faces(list(fonts), FONT), font_config=configured, url_fetcher=fetcher)
    printed: bytes = document.write_pdf(
        stylesheets=[styles], font_config=configured, pdf_variant="pdf/ua-1"
    )
    return printed


def _prepared(root: Element) -> dict[str, bytes]:
    """Give every picture its styles and its words, and return those that say nothing.

    What only decorates becomes a background: a screen reader passes it by, as on the page.
    """
    styles = PICTURES.read_text(encoding="utf-8")
    drawn: dict[str, bytes] = {}
    for parent in root.iter():
        for place, child in enumerate(parent):
            if child.tag != f"{SVG}svg" or parent.tag.startswith(SVG):
                continue
            kind = child.get("class", "")
            _dress(child, styles, parent.get("class", ""))
            if child.get("aria-hidden") == "true":
                address = f"{DRAWN}:{len(drawn)}"
                parent[place] = _background(child, address, kind)
                child.tail = None  # what stands behind it stays in the page
                drawn[address] = tostring(child)
    return drawn


def _dress(picture: Element, styles: str, around: str) -> None:
    style = Element(f"{SVG}style")
    style.text = styles
    picture.insert(0, style)
    picture.set("class", f"{picture.get('class', '')} {around}".strip())
    label = picture.get("aria-label", "")
    if label and picture.find(f"{SVG}title") is None:
        title = Element(f"{SVG}title")
        title.text = label
        picture.insert(0, title)


def _background(picture: Element, address: str, kind: str) -> Element:
    """Return an empty box that shows a picture."""
    how = {"class": f"drawn {kind}".strip(), "style": f"background-image: url({address})"}
    box = Element("span", how)
    box.tail = picture.tail
    return box
