"""The documents say what the program does: the picture, the settings, the commands."""

import re
from pathlib import Path

from typer.main import get_command

from gateway.cli import cli
from gateway.domain.states import diagram
from gateway.settings import Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
EXAMPLE = (ROOT / "config" / "gateway.example.toml").read_text("utf-8")


def test_the_picture_is_the_table() -> None:
    """The state diagram in the README is the one the table draws (`make docs` draws it anew)."""
    assert re.findall(r"```mermaid\n(.*?)\n```", README, re.DOTALL) == [diagram()]


def test_every_setting_has_a_line() -> None:
    """The example file has one commented line per setting, under its table."""
    wanted = [
        name
        for name, field in Settings.model_fields.items()
        for name in getattr(field.annotation, "model_fields", {name: field})
    ]
    assert [name for name in wanted if not re.search(rf"^# {name} = .*#", EXAMPLE, re.MULTILINE)] == []


def test_every_command_is_in_the_readme() -> None:
    """The README's table names every command of the command line."""
    commands = get_command(cli).commands  # type: ignore[attr-defined]  # it is a group
    assert [name for name in commands if f"`gateway {name}" not in README] == []


def test_every_command_has_help() -> None:
    """Each command says what it does."""
    commands = get_command(cli).commands  # type: ignore[attr-defined]  # it is a group
    assert [name for name, command in commands.items() if not command.help] == []
