"""The command line in this process, and real services for it to speak to."""

import io
from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result

from gateway.cli import cli
from tests.process.conftest import served, town

__all__ = ["served", "town"]

Run = Callable[..., Result]


@pytest.fixture
def run(logged: io.StringIO) -> Run:
    """Run a command to its end with these variables; logging is put back afterwards."""

    def ran(*arguments: object, **variables: str) -> Result:
        return CliRunner().invoke(cli, [str(one) for one in arguments], env=dict(variables))

    return ran
