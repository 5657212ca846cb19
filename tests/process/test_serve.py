"""`gateway serve` and its neighbours as whoever runs them meets them: exit codes, what is printed, signals."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import jwt
import pytest

from gateway.http import httpx
from tests.process.programs import ROOT, Program, Served, Town, environment, free_port
from tests.stories import cast

GOOD = environment(Path("/nonexistent"), 1)


def ran(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """A command of the gateway's, run to its end with these variables alone."""
    base = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "HOME": str(folder)}
    command = [sys.executable, "-m", "gateway", *arguments]
    return subprocess.run(  # noqa: S603 -- our own program
        command,
        cwd=folder,
        env={**base, **variables},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_nothing_set(tmp_path: Path) -> None:
    """Without any setting: exit code 3, a line for each that is needed, and no more than that."""
    result = ran(tmp_path, "serve")
    needed = ["GATEWAY_WEBHOOK__SECRETS", "GATEWAY_CALCOM__API_KEY", "GATEWAY_TOKENS__SERVICE"]
    lines = result.stderr.splitlines()
    assert (result.returncode, result.stdout, len(lines)) == (3, "", 3)
    assert [name in line for name, line in zip(needed, lines, strict=True)] == [True] * 3


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("GATEWAY_TOKENS__KEY", "short-canary"),
        ("GATEWAY_WEBHOOK__SECRETS", "canary-not-a-list"),
        ("GATEWAY_WEBHOOK__SECRETS", '["no-secret-provided"]'),
        ("GATEWAY_LOG__LEVEL", "canary"),
    ],
)
def test_one_wrong_setting(tmp_path: Path, variable: str, value: str) -> None:
    """Exit code 3 and one line that names the variable and does not quote the value."""
    result = ran(tmp_path, "serve", **GOOD | {variable: value})
    lines = result.stderr.splitlines()
    assert (result.returncode, len(lines), "canary" in result.stderr) == (3, 1, False)
    assert variable in lines[0]


def test_all_mistakes_at_once(tmp_path: Path) -> None:
    """Three wrong settings are three lines."""
    wrong = {"GATEWAY_TOKENS__KEY": "x", "GATEWAY_LOG__LEVEL": "loud", "GATEWAY_CALCOM__BASE_URL": "nowhere"}
    result = ran(tmp_path, "serve", **GOOD | wrong)
    assert (result.returncode, len(result.stderr.splitlines())) == (3, 3)


def test_an_unknown_key_in_the_file(tmp_path: Path) -> None:
    """A key that means nothing is a mistake, for it may be mistyped."""
    (tmp_path / "gateway.toml").write_text("[webhok]\nsecrets = ['canary']\n")
    result = ran(tmp_path, "serve", "--config", "gateway.toml", **GOOD)
    assert (result.returncode, "webhok" in result.stderr) == (3, True)


def test_a_token_and_nothing_else(tmp_path: Path) -> None:
    """`gateway token` prints the token and a newline, and nothing on standard error."""
    result = ran(
        tmp_path, "token", "--role", "host", "--email", cast.MAYA, GATEWAY_TOKENS__KEY=cast.TOKEN_KEY
    )
    claims = jwt.decode(result.stdout.rstrip("\n"), cast.TOKEN_KEY, algorithms=["HS256"])
    assert (result.returncode, result.stderr, result.stdout.count("\n")) == (0, "", 1)
    assert (claims["sub"], claims["role"]) == (cast.MAYA, "host")


@pytest.mark.parametrize(
    ("arguments", "variables", "code"),
    [
        (["--role", "host", "--email", cast.MAYA], {}, 3),
        (["--role", "host", "--email", cast.MAYA, "--ttl", "25"], {"GATEWAY_TOKENS__KEY": cast.TOKEN_KEY}, 2),
    ],
    ids=["no key", "too long"],
)
def test_no_token(tmp_path: Path, arguments: list[str], variables: dict[str, str], code: int) -> None:
    """What cannot be a token is no output and an exit code."""
    result = ran(tmp_path, "token", *arguments, **variables)
    assert (result.returncode, result.stdout) == (code, "")


@pytest.mark.parametrize("command", ["serve", "sandbox"])
def test_help(tmp_path: Path, command: str) -> None:
    """Every command explains itself."""
    result = ran(tmp_path, command, "--help")
    assert (result.returncode, "usage" in result.stdout.lower()) == (0, True)


async def test_a_signal_ends_it(town: Town) -> None:
    """Asked to stop, it has stopped within ten seconds, with exit code 0."""
    town.gateway.tell(signal.SIGTERM)
    assert await town.gateway.ended(10) == 0
    assert '"service.stopped"' in town.gateway.err.read_text()


def test_one_gateway_per_database(served: Served, tmp_path: Path) -> None:
    """A second process on the same database says so in one line, and is not started."""
    variables = environment(served.program.folder, 1) | {"GATEWAY_LOG__LEVEL": "info"}
    for arguments in (("serve", "--port", "0"), ("migrate",)):
        result = ran(tmp_path, *arguments, **variables)
        assert (result.returncode, len(result.stderr.splitlines())) == (1, 1)
        assert "in use by another gateway" in result.stderr
    assert httpx.get(f"{served.address}/readyz", trust_env=False).status_code == 200


def test_a_taken_port(served: Served, tmp_path: Path) -> None:
    """A port that somebody listens on is a plain line and exit code 1: 3 would mean that a setting is wrong."""
    variables = environment(tmp_path / "other", 1) | {"GATEWAY_LOG__LEVEL": "info"}
    result = ran(tmp_path, "serve", "--port", str(served.port), **variables)
    assert (result.returncode, "in use" in result.stderr, result.stderr.startswith("{")) == (1, True, False)


async def test_unknown_variables_are_a_warning(tmp_path: Path) -> None:
    """A variable that means nothing may be mistyped: it is named in the log, and its value is not."""
    variables = environment(tmp_path, 1) | {"GATEWAY_WEBHOKS": "canary-value"}
    program = Program(tmp_path, "gateway", "gateway", "serve", "--port", str(free_port()), **variables)
    program.start()
    try:
        text = await program.said("service.started")
    finally:
        await program.close()
    warned = [json.loads(line) for line in text.splitlines() if "setting.unknown" in line]
    assert ([one["setting"] for one in warned], "canary-value" in text) == (["GATEWAY_WEBHOKS"], False)
