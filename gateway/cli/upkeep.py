"""Commands for whoever keeps a gateway: its settings, tokens, schema, and a copy of its database."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway import screen
from gateway.app import back_up, migrate_to_newest, utc_now
from gateway.cli.manners import Config, Json, complain, or_fail, settled, show
from gateway.domain.people import Role
from gateway.settings import SettingsError, for_serving, masked, origins
from gateway.web.tokens import mint


def token(
    role: Annotated[Role, typer.Option(help="host, attendee or operator")],
    email: Annotated[str, typer.Option(help="whose token it is")],
    ttl: Annotated[int, typer.Option(help="hours it lasts, at most 24", min=1, max=24)] = 1,
    config: Config = None,
) -> None:
    """Print a person's token for development, signed with tokens.key, and nothing else."""
    settings = settled(config)
    try:
        typer.echo(mint(settings, role, email, timedelta(hours=ttl), utc_now()))
    except SettingsError as error:
        complain(error.mistakes)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def migrate(config: Config = None) -> None:
    """Bring the database to the newest schema; `serve` does the same at its start."""
    settings = settled(config)
    typer.echo(or_fail(lambda: migrate_to_newest(settings)))


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="the copy; nothing is overwritten")],
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Copy the database to a file while the service runs, and prove that the copy is sound."""
    settings = settled(config)
    with screen.bar("copying") as bar:
        size, seconds = or_fail(lambda: back_up(settings, file, bar.at))
    told = {"path": str(file), "bytes": size, "seconds": round(seconds, 3)}
    show(told, dict, _copied, as_json=as_json)


def config(
    show_all: Annotated[
        bool, typer.Option("--show", help="print every setting, and where it comes from")
    ] = False,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Check the settings as `serve` does, and show them with secrets masked."""
    settings = settled(config)
    if show_all or as_json:
        told = {"settings": masked(settings), "from": origins(config)}
        show(told, dict, lambda told: screen.settings(told["settings"], told["from"]), as_json=as_json)
    for name in settings.unknown_environment:
        typer.echo(f"{name}: there is no such setting", err=True)
    complain(for_serving(settings))


def _copied(told: dict[str, Any]) -> None:
    screen.say(f"{told['path']}: {told['bytes']:,} bytes in {told['seconds']} s, sound")
