"""Every command explains itself, and the stand-in's options are those of the stand-in."""

import argparse

import pytest
from typer.main import get_command

from gateway.cli import cli
from gateway.sandbox.__main__ import _arguments
from tests.cli.conftest import Run

COMMANDS = get_command(cli).commands  # type: ignore[attr-defined]  # it is a group


@pytest.mark.parametrize("command", COMMANDS)
def test_help(run: Run, command: str) -> None:
    """`--help` is usage, on standard output, with exit code 0."""
    result = run(command, "--help")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "Usage:" in result.stdout


def test_the_stand_ins_options() -> None:
    """What `python -m gateway.sandbox` understands, `gateway sandbox` offers, and nothing else."""
    own = {name for action in _arguments()._actions for name in action.option_strings}
    offered = {name for one in COMMANDS["sandbox"].params for name in one.opts}
    assert offered | {"-h", "--help"} == own


def test_the_stand_in_is_told_what_was_given(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Options arrive, and what was not given is left to the stand-in."""
    told: list[list[str]] = []
    monkeypatch.setattr("gateway.cli.running.stand_in", told.append)
    run("sandbox", "--port", "0", "--scenario", "a-accepted")
    given = _arguments().parse_args(told[0])
    assert isinstance(given, argparse.Namespace)
    assert (given.port, given.scenario, given.hook) == (0, "a-accepted", None)
