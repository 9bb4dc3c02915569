"""A log line never holds what an exception or a library says about a person."""

from __future__ import annotations

import io
import logging
import sys
from typing import TYPE_CHECKING

import pytest

from core.logging import configure, logger
from core.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "Quagmire"


@pytest.fixture
def _root() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def _fail() -> None:
    person = NAME
    raise ValueError(person)


@pytest.mark.usefixtures("_root")
@pytest.mark.parametrize("as_json", [True, False])
def test_a_librarys_exception_is_logged_by_class_and_place_sec_22(
    capsys: pytest.CaptureFixture[str], *, as_json: bool
) -> None:
    configure(Settings(log_json=as_json))
    try:
        _fail()
    except ValueError as error:
        logging.getLogger("uvicorn.error").exception("failed: %s", error)  # noqa: TRY401 (as libraries do)

    said = capsys.readouterr().err
    assert NAME not in said
    assert "ValueError" in said
    assert "_fail:" in said
    assert "uvicorn.error" in said


@pytest.mark.usefixtures("_root")
@pytest.mark.parametrize("as_json", [True, False])
def test_an_exception_of_ours_keeps_its_event_and_loses_its_message_sec_22(
    capsys: pytest.CaptureFixture[str], *, as_json: bool
) -> None:
    configure(Settings(log_json=as_json))
    try:
        _fail()
    except ValueError:
        logger(__name__).exception("it went wrong")

    said = capsys.readouterr().err
    assert NAME not in said
    assert "it went wrong" in said
    assert "ValueError" in said


def test_a_librarys_own_handler_is_taken_from_it(capsys: pytest.CaptureFixture[str]) -> None:
    library = logging.getLogger("some.library")
    library.addHandler(logging.StreamHandler())
    library.propagate = False

    configure(Settings())
    library.error("said once")

    assert library.handlers == []
    assert capsys.readouterr().err.count("said once") == 1


@pytest.mark.usefixtures("_root")
@pytest.mark.parametrize("as_json", [True, False])
def test_what_is_logged_cannot_begin_a_line_of_its_own_sec_40(
    capsys: pytest.CaptureFixture[str], *, as_json: bool
) -> None:
    configure(Settings(log_json=as_json))
    said = "/fhir\n2026-01-01 [info] all is well\r\x1b[2J"

    logger("test").info("asked", path=said)
    logging.getLogger("library").warning("asked for %s", said)

    lines = [line for line in capsys.readouterr().err.split("\n") if line]
    assert len(lines) == 2
    assert not any("\x1b[2J" in line or "\r" in line for line in lines)


@pytest.mark.usefixtures("_root")
def test_a_line_follows_standard_error_and_one_that_cannot_be_written_tells_nothing_sec_20(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be written is lost: printing why would print what was in it."""
    configure(Settings(log_json=True))
    gone = io.StringIO()
    gone.close()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", gone)
        logger("wardlight.test").error("first", whose="Oh Malsun")
    logger("wardlight.test").error("second")

    said = capsys.readouterr().err

    assert "second" in said
    assert "Malsun" not in said
    assert "Logging error" not in said
