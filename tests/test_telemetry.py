"""The log: its form, and what never gets into it."""

import io
import json
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from pydantic import SecretStr

from gateway.domain.people import Role
from gateway.telemetry import configure, redact, scrubbed

UID = "1oQgjRCJiv7uP8zgri77GC"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhQGIuYyJ9.c2ln"

Log = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Somewhere to log to; what `configure` changes in the process is put back afterwards."""
    root, hooks = logging.getLogger(), (sys.excepthook, threading.excepthook)
    handlers, level, complain = root.handlers[:], root.level, logging.raiseExceptions
    yield io.StringIO()
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.raiseExceptions = complain
    sys.excepthook, threading.excepthook = hooks
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def log(stream: io.StringIO) -> Log:
    """Logging as JSON, and the lines so far."""
    configure("info", "json", stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def test_json_line(log: Log) -> None:
    """A line has its event, level, time in UTC and members."""
    structlog.get_logger().info("booking.accepted", booking=17)
    (line,) = log()
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "booking.accepted", "level": "info", "booking": 17}


def test_level(log: Log) -> None:
    """What is below the level is not told."""
    structlog.get_logger().debug("booking.read")
    logging.getLogger("asyncio").debug("selector")
    assert log() == []


def test_context(log: Log) -> None:
    """What is bound to the context is on every line, and redacted like the rest."""
    with structlog.contextvars.bound_contextvars(request="r1", caller="a@b.c"):
        structlog.get_logger().info("request.answered")
    (line,) = log()
    assert (line["request"], line["caller"]) == ("r1", "[redacted]")


@pytest.mark.parametrize(
    "key",
    [
        *(
            "body",
            "token",
            "authorization",
            "uid",
            "email",
            "secret",
            "api_key",
            "signature",
            "reason",
            "name",
        ),
        *("notes", "host_email", "moved_to_uid", "hostEmail", "Set-Cookie", "webhook-secret"),
    ],
)
def test_secret_keys(key: str) -> None:
    """Members on the list are not shown, alone or at the end of a longer name."""
    assert redact(None, "info", {key: "anything"}) == {key: "[redacted]"}


@pytest.mark.parametrize(
    "key", ["event", "verdict", "reason_code", "body_size", "tokens_count", "host", "keynote"]
)
def test_open_keys(key: str) -> None:
    """A name that only contains a listed word is no secret."""
    assert redact(None, "info", {key: "anything"}) == {key: "anything"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no secret here: 42 of 17", "no secret here: 42 of 17"),
        ("from Ann <ann.lee+x@mail.example.org>, sent", "from Ann <[redacted]>, sent"),
        ("/v1/bookings?host=ann%40example.org&x=1", "/v1/bookings?host=[redacted]&x=1"),
        ("Authorization: Bearer abc.def-1", "Authorization: [redacted]"),
        (f"token={JWT} refused", "token=[redacted] refused"),
        ("key cal_live_0123abc", "key [redacted]"),
        ("GET https://api.cal.com/v2/bookings/abc/confirm", "GET https://api.cal.com/v2/bookings/[redacted]/confirm"),
        (f"KeyError: '{UID}'", "KeyError: '[redacted]'"),
        ("test_no_two_identical_x", "test_no_two_identical_x"),
    ],
)  # fmt: skip
def test_secret_texts(text: str, expected: str) -> None:
    """Addresses, tokens, keys and uids are found inside a text."""
    assert scrubbed(text) == expected


def test_long_text_is_scrubbed_in_time() -> None:
    """A megabyte without a break does not hold the log up."""
    text = "a" * 1_000_000
    assert scrubbed(text) == text


@dataclass
class Booking:
    """Something with a secret in its repr."""

    notes: str = "very private"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"uid": UID, "n": [1, "a@b.c"]}, {"uid": "[redacted]", "n": [1, "[redacted]"]}),
        ({"a@b.c": 1}, {"[redacted]": 1}),
        (("a", None, 1.5), ["a", None, 1.5]),
        (Role.HOST, "host"),
        (Path("data/a@b.c"), "data/[redacted]"),
        (datetime(2026, 11, 20, tzinfo=UTC), "2026-11-20T00:00:00+00:00"),
        (timedelta(seconds=5), "0:00:05"),
        (ValueError("no a@b.c"), "ValueError: no [redacted]"),
        (SecretStr("hush"), "<SecretStr>"),
        (b"body", "<bytes>"),
        (Booking(), "<Booking>"),
        ([[[[["deep"]]]]], [[[["<list>"]]]]),
    ],
)
def test_values(value: object, expected: object) -> None:
    """Plain values and containers are shown; of anything else only the kind."""
    assert redact(None, "info", {"value": value}) == {"value": expected}


def test_exceptions_are_whole_and_redacted(log: Log) -> None:
    """A traceback has its lines, and no address."""
    try:
        raise LookupError("nobody called ann@example.org")
    except LookupError:
        structlog.get_logger().exception("request.failed")
    (line,) = log()
    assert line["exception"].startswith("Traceback (most recent call last):")
    assert line["exception"].endswith("LookupError: nobody called [redacted]")


@pytest.mark.parametrize("name", ["uvicorn", "uvicorn.error", "asyncio", "anything"])
def test_other_loggers_share_the_pipe(log: Log, name: str) -> None:
    """The standard library's loggers come out in the same form, redacted."""
    logging.getLogger(name).warning("hello %s", "ann@example.org")
    (line,) = log()
    assert (line["event"], line["level"]) == ("hello [redacted]", "warning")


def test_other_loggers_exceptions(log: Log) -> None:
    """What uvicorn says about an unhandled exception is redacted too."""
    try:
        raise LookupError(UID)
    except LookupError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
    assert log()[0]["exception"].endswith("LookupError: [redacted]")


@pytest.mark.parametrize("name", ["uvicorn.access", "httpx", "httpcore.http11"])
def test_loggers_that_name_addresses_are_silent(log: Log, name: str) -> None:
    """Request lines, ours and those of our client, are not logged by libraries."""
    logging.getLogger(name).info("GET /v1/bookings/abc")
    assert log() == []


def test_console(stream: io.StringIO) -> None:
    """The console's form is for people, redacted as well."""
    configure("info", "console", stream)
    try:
        raise LookupError("ann@example.org")
    except LookupError:
        structlog.get_logger().exception("request.failed", email="ann@example.org")
    text = stream.getvalue()
    assert ("request.failed" in text, "LookupError: [redacted]" in text, "ann@" in text) == (
        True,
        True,
        False,
    )


@pytest.mark.parametrize(("terminal", "form"), [(True, "console"), (False, "json")])
def test_form_when_unset(
    stream: io.StringIO, monkeypatch: pytest.MonkeyPatch, terminal: bool, form: str
) -> None:
    """Without a format a terminal gets the console's, everything else JSON."""
    monkeypatch.setattr(stream, "isatty", lambda: terminal)
    configure("info", None, stream)
    structlog.get_logger().info("service.started")
    assert ("json" if stream.getvalue().startswith("{") else "console") == form


def test_standard_error_is_where_lines_go(stream: io.StringIO, capsys: pytest.CaptureFixture[str]) -> None:
    """Standard output belongs to what a command prints."""
    configure("info", "json")
    structlog.get_logger().info("service.started")
    out, err = capsys.readouterr()
    assert (out, json.loads(err)["event"]) == ("", "service.started")


def test_uncaught_exception(log: Log) -> None:
    """What ends the process is an event like any other."""
    error = LookupError("ann@example.org")
    sys.excepthook(LookupError, error, None)
    (line,) = log()
    assert (line["event"], line["exception"]) == ("process.failed", "LookupError: [redacted]")


def test_uncaught_exception_in_a_thread(log: Log) -> None:
    """What ends a thread is told, not only printed."""
    thread = threading.Thread(target=lambda: json.loads("ann@example.org"))
    thread.start()
    thread.join()
    assert [line["event"] for line in log()] == ["thread.failed"]


def test_line_that_cannot_be_written(log: Log, capsys: pytest.CaptureFixture[str]) -> None:
    """A broken line is dropped, rather than printed as it is by the library's complaint."""
    logging.getLogger("anything").warning("ann@example.org %d", "no number")
    assert (log(), capsys.readouterr().err) == ([], "")


def test_stream_that_is_gone(log: Log, stream: io.StringIO) -> None:
    """No request fails because nobody can read the log any more."""
    stream.close()
    structlog.get_logger().info("booking.accepted")
    logging.getLogger("anything").warning("hello")
    assert stream.closed
