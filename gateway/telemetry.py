"""How the gateway tells what happened: one event per fact, `noun.verb` in the past tense, and never a secret.

    log = structlog.get_logger()
    log.info("booking.accepted", booking=17, delivery=4)

Lines go to standard error, because standard output belongs to a command's result (`gateway token | …`);
containers and journals collect both. The standard library's loggers (uvicorn, asyncio) pass through the
same pipe, and redaction stands at its end, so that nothing goes around it. Kept out: what
is worth an event, and request ids (bound with structlog's contextvars); the doors and services decide that.
"""

import logging
import re
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, timedelta
from enum import Enum
from functools import lru_cache
from pathlib import PurePath
from types import TracebackType
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor

HIDDEN = "[redacted]"
DEEPEST = 5
SHORT = 40

SECRET_KEYS = frozenset({
    "address", "answers", "attendee", "attendees", "authorization", "body", "claims", "cookie", "description",
    "email", "headers", "key", "location", "name", "notes", "password", "payload", "phone", "q", "reason",
    "responses", "secret", "secrets", "signature", "sub", "title", "token", "tokens", "uid", "uids", "username",
})  # fmt: skip
"""Members that are never shown, alone or at the end of a longer name: `key` also hides `api_key`."""

SECRET_TEXTS = (
    re.compile(r"(?i)\b(?:bearer|basic)\s+[\w.~+/=-]+"),
    re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"),  # a JWT
    re.compile(r"\bcal_\w+"),  # Cal.com's API keys
    re.compile(r"[^\s@<>\"'`(),;:=&/\[\]{}]{1,64}(?:@|%40)[^\s@<>\"'`(),;:=&/\[\]{}]{1,253}"),  # an address
    re.compile(r"(?<=/bookings/)(?!\{)[^\s/?\"']+"),  # the uid in an address of the API
    # A uid wherever it stands: Cal.com's are 22 characters of base 58, here with a digit and both cases.
    re.compile(r"\b(?=\w*\d)(?=\w*[a-z])(?=\w*[A-Z])[1-9A-HJ-NP-Za-km-z]{20,22}\b"),
)

TOO_TALKATIVE = ("httpx", "httpcore", "sse_starlette")
"""Libraries that log whole addresses, uids in them, at level info; our client logs its own calls."""


def configure(level: str = "info", format: str | None = None, stream: TextIO | None = None) -> None:  # noqa: A002 - the setting's name
    """Set up logging for this process; may be called again. `level` as in the settings, `format` json or console.

    Without a format it is console when a terminal reads the stream (standard error unless given), else
    json. uvicorn has to be started with `log_config=None, access_log=False`, or it sets up its own.
    """
    stream = sys.stderr if stream is None else stream
    threshold = logging.getLevelNamesMapping()[level.upper()]
    pipe = _pipe(format or ("console" if stream.isatty() else "json"), colours=stream.isatty())
    structlog.configure(
        processors=pipe,
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=lambda *_: Lines(stream),
        cache_logger_on_first_use=False,  # or a logger used before would keep the set-up of before
    )
    _take_over(_handler(stream, pipe), threshold)
    sys.excepthook = _process_failed
    threading.excepthook = _thread_failed


class Lines:
    """Writes finished lines to a stream. One that cannot be written is lost: no request fails for its log."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, line: str) -> None:
        """Write one line, in one piece, so that threads do not mix theirs."""
        with suppress(OSError, ValueError):
            self._stream.write(line + "\n")
            self._stream.flush()

    debug = info = warning = error = critical = write


def redact(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """The processor at the end of the pipe: what may not be told is replaced, wherever it stands."""
    return {key: HIDDEN if _hidden(key) else _shown(value) for key, value in event.items()}


def scrubbed(text: str) -> str:
    """The text without addresses, bearer tokens, keys and uids."""
    return _known(text) if len(text) <= SHORT else _searched(text)


def _searched(text: str) -> str:
    for pattern in SECRET_TEXTS:
        text = pattern.sub(HIDDEN, text)
    return text


_known = lru_cache(maxsize=1024)(_searched)  # verdicts, states, routes: the same short words in every line


@lru_cache(maxsize=1024)
def _hidden(key: str) -> bool:
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+", "_", key).lower()
    return any(snake == secret or snake.endswith(f"_{secret}") for secret in SECRET_KEYS)


def _shown(value: Any, depth: int = 0) -> Any:
    """Plain values scrubbed, containers one by one; of anything else (a booking, a request) the kind only."""
    match value:
        case Enum() | PurePath() | timedelta():
            return scrubbed(str(value))
        case str():
            return scrubbed(value)
        case None | bool() | int() | float():
            return value
        case date():
            return value.isoformat()
        case BaseException():
            return scrubbed(f"{type(value).__name__}: {value}")
    return _shown_within(value, depth + 1)


def _shown_within(value: Any, depth: int) -> Any:
    if depth < DEEPEST and isinstance(value, Mapping):
        return {
            scrubbed(str(key)): HIDDEN if _hidden(str(key)) else _shown(below, depth)
            for key, below in value.items()
        }
    if depth < DEEPEST and isinstance(value, list | tuple | set | frozenset):
        return [_shown(below, depth) for below in value]
    return f"<{type(value).__name__}>"


def _pipe(form: str, *, colours: bool) -> list[Processor]:
    """What every line goes through, whoever wrote it. Only the time joins it after the redaction."""
    if form == "json":
        rendering: Processor = structlog.processors.JSONRenderer()
    else:
        # The traceback is text by then; a renderer that made its own would make it after the redaction.
        plain = structlog.dev.plain_traceback
        rendering = structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=plain)
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.format_exc_info,
        redact,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        rendering,
    ]


def _handler(stream: TextIO, pipe: list[Processor]) -> logging.Handler:
    """Sends what the standard library's loggers say through the same pipe."""
    without_record = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler = logging.StreamHandler(stream)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processors=[without_record, *pipe]))
    return handler


def _take_over(handler: logging.Handler, threshold: int) -> None:
    """Make `handler` the only one, for every logger of the standard library."""
    # A line that cannot be written is lost: the library's own complaint would print it unredacted.
    logging.raiseExceptions = False
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(threshold)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = name != "uvicorn.access"
    for name in TOO_TALKATIVE:
        logging.getLogger(name).setLevel(max(threshold, logging.WARNING))


def _process_failed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        structlog.get_logger("gateway").critical("process.failed", exc_info=(kind, error, trace))


def _thread_failed(failed: threading.ExceptHookArgs) -> None:
    trace = (failed.exc_type, failed.exc_value, failed.exc_traceback)
    structlog.get_logger("gateway").critical("thread.failed", exc_info=trace)
