"""The command line: every command there is, one per line. Each reads the settings, builds, calls one service and prints."""

import typer

from gateway.cli.deliveries import explain, record, replay
from gateway.cli.running import demo, sandbox, serve
from gateway.cli.truth import backfill, doctor, reconcile
from gateway.cli.upkeep import backup, config, migrate, token

cli = typer.Typer(
    help="A gateway between Cal.com's webhooks and a mentor portal.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

for command in (
    serve, demo, sandbox, replay, record, doctor, reconcile, backfill, explain, token, backup, migrate, config,
):  # fmt: skip
    cli.command()(command)


def main() -> None:
    """Run the command line."""
    cli()
