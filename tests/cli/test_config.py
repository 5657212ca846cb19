"""`gateway config`: what is set, where it comes from, and what serve would complain about."""

import json
from pathlib import Path

from tests.cli.conftest import Run
from tests.process.programs import environment

GOOD = environment(Path("/nonexistent"), 1)


def test_secrets_are_masked(run: Run) -> None:
    """No secret is shown, in the table or as JSON."""
    shown = run("config", "--show", **GOOD).stdout + run("config", "--show", "--json", **GOOD).stdout
    assert "**********" in shown
    assert "canary" not in shown


def test_where_it_comes_from(run: Run, tmp_path: Path) -> None:
    """A variable goes before the file, and the file before the default."""
    file = tmp_path / "own.toml"
    file.write_text("[log]\nlevel = 'error'\n[rules]\nlate_hours = 3\n")
    told = json.loads(run("config", "--show", "--json", "--config", file, **GOOD).stdout)
    origins = [told["from"][name] for name in ("log.level", "rules.late_hours", "log.format")]
    assert origins == ["GATEWAY_LOG__LEVEL", str(file), "default"]
    assert told["settings"]["rules"]["late_hours"] == 3


def test_what_is_missing_to_serve(run: Run) -> None:
    """The settings are shown all the same; what serve needs is a line each, and exit code 3."""
    result = run("config", "--show")
    assert (result.exit_code, len(result.stderr.splitlines())) == (3, 3)
    assert "log.level" in result.stdout


def test_a_mistake(run: Run) -> None:
    """A wrong setting is one line that does not quote it, and exit code 3."""
    result = run("config", "--show", **GOOD | {"GATEWAY_TOKENS__KEY": "canary"})
    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (3, "", 1)
    assert "canary" not in result.stderr


def test_an_unknown_variable(run: Run) -> None:
    """A variable that may be mistyped is named; the token that commands take is none of those."""
    result = run("config", **GOOD, GATEWAY_WEBHOKS="x", GATEWAY_TOKEN="y")
    assert (result.exit_code, result.stderr.splitlines()) == (
        0,
        ["GATEWAY_WEBHOKS: there is no such setting"],
    )
