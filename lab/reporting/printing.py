"""The report as files: the page, its Markdown, its pictures, and every number as JSON."""

from __future__ import annotations

import json
import math
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lab.reporting.document import alone, html, markdown

if TYPE_CHECKING:
    from pathlib import Path

    from lab.reporting.document import Document

DIGITS = 6  # significant: no more than two machines agree on


def write(folder: Path, document: Document, numbers: Any) -> None:
    """Write the report into a folder; the same report gives the same bytes."""
    pictures = folder / "figures"
    pictures.mkdir(parents=True, exist_ok=True)
    (folder / "report.html").write_text(html(document), encoding="utf-8")
    (folder / "report.md").write_text(markdown(document), encoding="utf-8")
    for picture in document.pictures():
        (pictures / f"{picture.name}.svg").write_text(alone(picture), encoding="utf-8")
    text = json.dumps(plain(numbers), indent=1, sort_keys=True, ensure_ascii=False)
    (folder / "figures.json").write_text(text + "\n", encoding="utf-8")


def plain(value: Any) -> Any:
    """Return a value as JSON knows it: what is not a number is null."""
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
    return value
