"""The weekly report on paper looks the same from our typesetter and from a browser's printer.

Both set the same page in the same fonts by the same styles, and share no code: what one of them
does not know of a style, or leaves out, shows as a picture that differs.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

import numpy as np

from app.fonts import bundled, faces
from app.pages.door import Door, Visit
from app.pages.paper import report_on_paper
from app.pages.rendering import STATIC, Renderer
from app.pages.site_policy import policy_of
from app.weekly_forms.pdf import pdf
from app.weekly_forms.service import Form, Wanted, handed_out
from core.security import SYSTEM
from tests.app.conftest import SETTINGS
from tests.app.weekly_forms.printed import grey

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from playwright.sync_api import Browser

    from core.database import Database
    from tests.ward import Ward

ROWS, COLUMNS = 42, 30  # of squares of 7 mm: a line lower or a word wider stays within
ALIKE = 0.8  # of the ink's places


def test_a_browser_prints_the_same_first_page_as_the_pdf_has(
    chromium: Browser, database: Database, ward: Ward
) -> None:
    page = _page(database, ward)

    ours, theirs = grey(pdf(page))[0], grey(_printed_by(chromium, page))[0]

    alike = np.corrcoef(_ink(ours).ravel(), _ink(theirs).ravel())[0, 1]
    assert np.allclose(ours.shape, theirs.shape, atol=2), "another paper"
    assert alike > ALIKE, alike


def _page(database: Database, ward: Ward) -> str:
    door = Door(database, SETTINGS, Renderer(SETTINGS))
    with database.transaction() as session:
        wanted = Wanted(ward.team, "", Form.HTML)
        found = handed_out(session, SYSTEM, wanted, policy_of(SETTINGS), now=ward.now)
        return report_on_paper(door, Visit(session, SYSTEM, "", "", ward.now), found)


def _printed_by(chromium: Browser, html: str) -> bytes:
    fonts = bundled(STATIC)
    styles = faces(list(fonts), "font")
    for name, path in fonts.items():
        data = base64.b64encode(path.read_bytes()).decode()
        styles = styles.replace(f"font:{name}", f"data:font/woff;base64,{data}")
    # What the typesetter moves into the foot stands on top in a browser.
    styles += ".paper .running { display: none }"
    page = chromium.new_page()
    try:
        page.set_content(re.sub(r"</head>", lambda _: f"<style>{styles}</style></head>", html))
        page.evaluate("document.fonts.ready")
        return page.pdf(prefer_css_page_size=True, print_background=True)
    finally:
        page.close()


def _ink(picture: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return how much ink is in each square of a page above its foot."""
    above = 255.0 - picture[: round(picture.shape[0] * 0.94)]
    height, width = above.shape[0] // ROWS, above.shape[1] // COLUMNS
    cut = above[: height * ROWS, : width * COLUMNS]
    squares: NDArray[np.float64] = cut.reshape(ROWS, height, COLUMNS, width).mean(axis=(1, 3))
    return squares
