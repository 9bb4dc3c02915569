"""The copy as files in one archive, made in memory: nothing of it is left behind."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED, ZipFile

import msgspec

from app.copies.paper import on_paper
from app.weekly_forms.pdf import pdf

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.copies.service import Copy
    from app.pages.rendering import Renderer
    from core.settings import Settings


def files(made: Copy, pages: Renderer | None, settings: Settings) -> Iterator[tuple[str, bytes]]:
    """Yield each file by name: to read, for another system, and with `pages` on paper."""
    yield "record.json", made.bundle()
    for number, batch in enumerate(made.batches(), 1):
        yield f"import-{number}.json", batch
    yield "tables.json", msgspec.json.encode(made.tables)
    if pages is not None:
        yield "record.pdf", pdf(on_paper(made, pages, settings))


def archive(made: Copy, pages: Renderer, settings: Settings) -> bytes:
    """Return all files as a ZIP."""
    whole = BytesIO()
    with ZipFile(whole, "w", ZIP_DEFLATED) as zipped:
        for name, content in files(made, pages, settings):
            zipped.writestr(name, content)
    return whole.getvalue()
