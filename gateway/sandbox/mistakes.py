"""Where in a scenario's file a mistake is, and the sentence that says so: line, step, field, what is wrong.

What a file may say is `scenario.py`'s affair; TOML's reader forgets lines, so they are looked for again here.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from tomllib import TOMLDecodeError
from typing import Any

from pydantic import ValidationError

Where = tuple[str | int, ...]


class Mistaken(Exception):
    """A scenario that cannot be played. Every mistake is a sentence that begins with where it is."""

    def __init__(self, mistakes: list[str]) -> None:
        self.mistakes = mistakes
        super().__init__("\n".join(mistakes))


def not_toml(error: TOMLDecodeError, text: str) -> str:
    """Say what is no TOML; what is missing at the end is missing in the last line."""
    found = re.search(r"line (\d+)", str(error))
    return f"line {found[1] if found else max(1, len(text.splitlines()))}: {error}"


def in_order(mistakes: Iterable[str]) -> list[str]:
    """Sort sentences by the line they begin with."""
    return sorted(mistakes, key=lambda one: int(re.findall(r"\d+", one)[0]))


def sentences(error: ValidationError) -> Iterator[str]:
    """Say what a check found in something that has no lines."""
    return (f"{'.'.join(map(str, one['loc']))}: {_text(one['msg'])}" for one in error.errors())


def _text(message: str) -> str:
    return message.removeprefix("Value error, ")


@dataclass(frozen=True)
class Page:
    """A file, as text and as it was read."""

    text: str
    given: dict[str, Any]

    def told(self, error: ValidationError, *under: str) -> Iterator[str]:
        """Say what a check found, in tables `under` which it was made."""
        for one in error.errors():
            where = self._without_verb((*under, *one["loc"]))
            names = [part for part in where if isinstance(part, str)]
            yield f"{self.place(where)}: {'.'.join(names[1:] or names)}: {_text(one['msg'])}"

    def place(self, where: Where) -> str:
        """Say where something is: the line, and the step if it is in one."""
        number = next((part for part in where if isinstance(part, int)), None)
        tables = where[: -1 if number is None else where.index(number)]
        line = self._line(".".join(map(str, tables)), number, str(where[-1]))
        if number is None or tables != ("step",):
            return f"line {line}"
        return f"line {line}, step {number + 1} ({self._verb(number)})"

    def _verb(self, number: int) -> str:
        row = self.given["step"][number]
        return str(row.get("do", "?")) if isinstance(row, dict) else "?"

    def _without_verb(self, where: Where) -> Where:
        """Leave out what pydantic puts between a step's number and its field."""
        steps = where[0] == "step" and len(where) > 2 and isinstance(where[1], int)
        return (*where[:2], *where[3:]) if steps else where

    def _line(self, table: str, number: int | None, key: str) -> int:
        """Find the line of a key in the nth table of that name; where it is not, the table's own; else the first."""
        lines = self.text.splitlines()
        heading = re.compile(rf"\s*\[+\s*{re.escape(table)}\s*\]+") if table else None
        begins = [nth for nth, line in enumerate(lines) if heading and heading.match(line)]
        begin = begins[number or 0] if (number or 0) < len(begins) else 0
        for nth in range(begin, len(lines)):
            if nth > begin and lines[nth].lstrip().startswith("["):
                break
            if re.match(rf"\s*{re.escape(key)}\s*=", lines[nth]):
                return nth + 1
        return begin + 1
