"""What sets a page: it fetches nothing, knows no font of the machine, and harms nobody (SEC-39)."""

from __future__ import annotations

import io
import os
import re
import socket
import threading
from typing import TYPE_CHECKING

import pytest
from fontTools.ttLib import TTFont
from pypdf import PdfReader

from app import fonts
from app.pages.language import LOCALES
from app.weekly_forms import pdf as setting
from app.weekly_forms.pdf import PANGO, STATIC, PressError, pdf
from core.errors import OverloadedError, UnequippedError
from tests.app.weekly_forms.printed import fonts as fonts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PAGE = (
    '<!DOCTYPE html><html lang="en"><head><title>x</title>{head}</head><body>{body}</body></html>'
)


class Receiver:
    """Listens on loopback and notes whoever knocks."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(0.05)
        self.port = self._socket.getsockname()[1]
        self.knocked = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def _listen(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._socket.accept()
            except TimeoutError:
                continue
            self.knocked += 1
            connection.close()

    def close(self) -> None:
        self._over.set()
        self._thread.join()
        self._socket.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


def test_a_page_with_addresses_of_others_makes_no_request_and_opens_no_file_sec_39(
    receiver: Receiver, tmp_path: Path
) -> None:
    there, secret = f"http://127.0.0.1:{receiver.port}", tmp_path / "secret.svg"
    secret.write_text('<svg xmlns="http://www.w3.org/2000/svg"><text>SECRET</text></svg>')
    head = (
        f'<link rel="stylesheet" href="{there}/a.css"><base href="{there}/">'
        f"<style>@import url({there}/b.css); @font-face {{ font-family: F; src: url({there}/f) }}"
        f" p {{ font-family: F; background: url({there}/c.png) }}</style>"
        f'<link rel="attachment" href="{secret.as_uri()}">'
    )
    body = (
        f'<p>words</p><img alt="x" src="{there}/d.png"><img alt="y" src="/e.png">'
        f'<img alt="z" src="{secret.as_uri()}"><object data="{there}/f.svg"></object>'
        f'<svg xmlns="http://www.w3.org/2000/svg"><title>t</title><image href="{there}/g.png"/>'
        f'<style>@import url("{there}/h.css");</style></svg><a href="{there}/i">link</a>'
    )

    reader = PdfReader(io.BytesIO(pdf(PAGE.format(head=head, body=body))))

    assert receiver.knocked == 0
    text = reader.pages[0].extract_text()
    assert "words" in text
    assert "SECRET" not in text
    assert not reader.attachments
    with socket.create_connection(("127.0.0.1", receiver.port)):
        pass  # it would have noticed


def test_no_font_of_the_machine_is_used_whatever_a_page_asks_for() -> None:
    """A developer's fonts would hide that one is missing: here and in a bare image it is equal."""
    body = '<p style="font-family: DejaVu Sans">Latin</p><p>한글 뷁</p><p lang="zh">漢字 ☃</p>'

    reader = PdfReader(io.BytesIO(pdf(PAGE.format(head="", body=body))))

    assert {name.partition("-")[0] for name in fonts_of(reader)} <= {"Noto", "Nanum"}
    assert "뷁" in reader.pages[0].extract_text()


def test_every_letter_that_our_pages_say_has_a_glyph_in_our_fonts_ux_17() -> None:
    drawn: set[int] = set()
    for path in fonts.bundled(STATIC).values():
        if path.name.endswith("-400.woff"):
            with TTFont(path, lazy=True) as font:
                drawn |= set(font.getBestCmap())
    said = "".join(path.read_text(encoding="utf-8") for path in (LOCALES / "ko").glob("*.po"))

    assert not {c for c in said if ord(c) not in drawn and c.isprintable()}
    assert all(code in drawn for code in range(0xAC00, 0xD7A4)), "a Hangul syllable"


@pytest.fixture
def loading(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], None]:
    """Let the process that sets meet an error as it loads Pango, as on a machine without it."""

    def raises(error: str) -> None:
        (tmp_path / "sitecustomize.py").write_text(
            "import cffi\n"
            "opened = cffi.FFI.dlopen\n"
            "def dlopen(self, name, flags=0):\n"
            "    if name and 'pango' in name:\n"
            f"        raise {error}\n"
            "    return opened(self, name, flags)\n"
            "cffi.FFI.dlopen = dlopen\n"
        )
        path = f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
        monkeypatch.setenv("PYTHONPATH", path)

    return raises


def test_without_pango_it_names_the_packages(loading: Callable[[str], None]) -> None:
    loading("OSError('cannot load library')")

    with pytest.raises(UnequippedError, match=re.escape(PANGO)):
        pdf(PAGE.format(head="", body="<p>words</p>"))


def test_a_page_that_cannot_be_set_is_a_fault_that_quotes_nothing_of_it_sec_22(
    loading: Callable[[str], None],
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    loading("RuntimeError('Oh Malsun')")

    with pytest.raises(PressError) as caught:
        pdf(PAGE.format(head="", body="<p>Oh Malsun</p>"))

    said = "".join(capfd.readouterr()) + caplog.text + str(caught.value)
    assert "RuntimeError" in said
    assert "Malsun" not in said


def test_only_the_process_that_sets_imports_the_typesetter() -> None:
    importing = {
        path.name
        for path in LOCALES.parent.rglob("*.py")
        if re.search(r"^\s*(from|import) weasyprint", path.read_text("utf-8"), re.MULTILINE)
    }

    assert importing == {"typesetting.py"}


def test_no_secret_of_ours_is_in_its_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARDLIGHT_SECRET_KEY", "k" * 40)

    assert not [name for name in setting._surroundings() if name.startswith("WARDLIGHT")]


def test_who_waits_too_long_for_a_turn_is_asked_to_come_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(setting, "PATIENCE", 0.01)
    monkeypatch.setattr(setting, "_turns", threading.BoundedSemaphore(1))
    with setting._turn(), pytest.raises(OverloadedError):
        pdf("<p>x</p>")


def test_only_a_few_wait_in_line_since_each_holds_a_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(setting, "_line", threading.BoundedSemaphore(1))
    with setting._turn(), pytest.raises(OverloadedError):
        pdf("<p>x</p>")
    with setting._turn():
        pass  # the turn was given back
