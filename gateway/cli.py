"""The command line: each command reads the settings, builds, calls one service and prints."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from gateway import demo as rehearsal
from gateway import telemetry
from gateway.app import Taken, migrate_to_newest, serve, utc_now
from gateway.domain.people import Role
from gateway.sandbox.__main__ import main as stand_in
from gateway.settings import Settings, SettingsError, for_serving, load
from gateway.web.tokens import mint

WRONG_SETTINGS = 3
Config = Annotated[
    Path | None, typer.Option(help="settings file; else GATEWAY_CONFIG, else config/gateway.toml")
]
Host = Annotated[str, typer.Option(help="address to listen on")]
Port = Annotated[int, typer.Option(help="port to listen on", min=0, max=65535)]

Keep = Annotated[
    bool, typer.Option("--keep", help="go on with the last demo's bookings, and keep this one's")
]

cli = typer.Typer(
    help="A gateway between Cal.com's webhooks and a mentor portal.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@cli.command("serve")
def serve_command(host: Host = "127.0.0.1", port: Port = 8000, config: Config = None) -> None:
    """Run the service against Cal.com, with the settings of the file and the environment."""
    settings = _settings(config)
    _complain(for_serving(settings))
    _run(lambda: serve(settings, host, port))


@cli.command()
def demo(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    keep: Keep = False,
) -> None:
    """Rehearse without an account: a stand-in Cal.com, the service, and a few requests."""
    telemetry.configure()
    _run(lambda: rehearsal.run(host, port, keep=keep))


@cli.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True}, add_help_option=False
)
def sandbox(context: typer.Context) -> None:
    """Run the stand-in Cal.com alone."""
    stand_in(context.args)


@cli.command()
def token(
    role: Annotated[Role, typer.Option(help="host, attendee or operator")],
    email: Annotated[str, typer.Option(help="whose token it is")],
    ttl: Annotated[int, typer.Option(help="hours it lasts, at most 24", min=1, max=24)] = 1,
    config: Config = None,
) -> None:
    """Print a person's token for development, signed with tokens.key, and nothing else."""
    settings = _settings(config)
    try:
        typer.echo(mint(settings, role, email, timedelta(hours=ttl), utc_now()))
    except SettingsError as error:
        _complain(error.mistakes)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


@cli.command()
def migrate(config: Config = None) -> None:
    """Bring the database to the newest schema; `serve` does the same at its start."""
    settings = _settings(config)
    try:
        typer.echo(migrate_to_newest(settings))
    except Taken as error:
        _fail(str(error))


def main() -> None:
    """Run the command line."""
    cli()


def _settings(config: Path | None) -> Settings:
    try:
        settings = load(config)
    except SettingsError as error:
        _complain(error.mistakes)
        raise AssertionError from error
    telemetry.configure(settings.log.level, settings.log.format)
    return settings


def _run(work: rehearsal.Work) -> None:
    """Run until it stops by itself or is stopped; what stands in the way is one line."""
    try:
        asyncio.run(work())
    except (Taken, OSError) as error:
        _fail(str(error))


def _complain(mistakes: list[str]) -> None:
    """One line per wrong setting, and exit code 3; nothing when there is none."""
    for mistake in mistakes:
        typer.echo(mistake, err=True)
    if mistakes:
        raise typer.Exit(WRONG_SETTINGS)


def _fail(sentence: str) -> None:
    typer.echo(sentence, err=True)
    raise typer.Exit(1)
