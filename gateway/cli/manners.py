"""How every command behaves: its common options, its exit codes, one line for what stands in the way.

A command fails with 1, and with 3 when a setting is wrong. Results go to standard output, everything else to
standard error. What a command does is not known here.
"""

import asyncio
import json
import sqlite3
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from uvicorn.loops.auto import auto_loop_factory

from gateway import telemetry
from gateway.app import Absent, Taken
from gateway.fixtures import Unusable
from gateway.record import Refused
from gateway.settings import Settings, SettingsError, load

T = TypeVar("T")
WRONG_SETTINGS = 3
SERVICE = "http://127.0.0.1:8000"
Config = Annotated[
    Path | None, typer.Option(help="settings file; else GATEWAY_CONFIG, else config/gateway.toml")
]
Json = Annotated[bool, typer.Option("--json", help="print JSON, for a machine to read")]


def settled(config: Path | None) -> Settings:
    """The settings, and logging set up as they say; mistakes in them end the command."""
    try:
        settings = load(config)
    except SettingsError as error:
        complain(error.mistakes)
        raise AssertionError from error
    telemetry.configure(settings.log.level, settings.log.format)
    return settings


def run(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run until it ends by itself or is stopped; what stands in the way is one line."""

    def in_a_loop() -> T:
        with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
            return runner.run(work())

    return or_fail(in_a_loop)


def or_fail(work: Callable[[], T]) -> T:
    """Do it; what people can do something about is one line and exit code 1."""
    try:
        return work()
    except (Absent, Taken, OSError, sqlite3.Error, Unusable, Refused) as error:
        fail(str(error))


def show(told: T, plain: Callable[[T], Any], drawn: Callable[[T], None], *, as_json: bool) -> None:
    """Print a result, as JSON or drawn for people."""
    if as_json:
        typer.echo(json.dumps(plain(told), ensure_ascii=False))
    else:
        drawn(told)


def complain(mistakes: list[str]) -> None:
    """One line per wrong setting, and exit code 3; nothing when there is none."""
    for mistake in mistakes:
        typer.echo(mistake, err=True)
    if mistakes:
        raise typer.Exit(WRONG_SETTINGS)


def fail(sentence: str) -> NoReturn:
    """Say why, and end with exit code 1."""
    typer.echo(sentence, err=True)
    raise typer.Exit(1)
