"""Recorded deliveries as files: `<name>.body` has a body's exact bytes, `<name>.headers.json` the headers it came with.

Reads and writes them, in the order of their names. What is in a body is not looked at here, and nothing is sent.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BODY, HEADERS = ".body", ".headers.json"


class Unusable(Exception):
    """Files that are no recorded deliveries, or a folder that cannot take any; the text is a sentence for people."""


@dataclass(frozen=True, slots=True)
class Fixture:
    """One recorded delivery."""

    name: str
    headers: Mapping[str, str]
    body: bytes


def read(paths: Iterable[Path]) -> list[Fixture]:
    """The deliveries in these files and folders: folder by folder as given, within each by name. Raises Unusable."""
    found = dict.fromkeys(body for path in paths for body in _bodies(path))
    return [_fixture(body) for body in found]


def write(folder: Path, fixtures: Iterable[Fixture]) -> None:
    """Write deliveries into a folder that has none yet. Raises Unusable."""
    if any(folder.glob(f"*{BODY}")):
        raise Unusable(f"{folder} holds recorded deliveries already: name another folder, or clear it")
    folder.mkdir(parents=True, exist_ok=True)
    for one in fixtures:
        (folder / f"{one.name}{BODY}").write_bytes(one.body)
        told = json.dumps(dict(one.headers), indent=2, sort_keys=True)
        (folder / f"{one.name}{HEADERS}").write_text(f"{told}\n", "utf-8")


def _bodies(path: Path) -> Iterator[Path]:
    if path.is_dir():
        inside = sorted(path.rglob(f"*{BODY}"), key=lambda one: _order(one.relative_to(path)))
        if not inside:
            raise Unusable(f"{path} holds no recorded deliveries (files named *{BODY})")
        yield from inside
        return
    stem = path.name.removesuffix(HEADERS).removesuffix(BODY)
    body = path.with_name(stem + BODY)
    if not body.is_file():
        raise Unusable(f"{path} is no recorded delivery: there is no file {body.name} in its folder")
    yield body


def _order(path: Path) -> list[Any]:
    """Numbers in a name count as numbers, so that 100 comes after 99."""
    parts = re.split(r"(\d+)", path.as_posix())
    return [(int(part), "") if place % 2 else (0, part) for place, part in enumerate(parts)]


def _fixture(body: Path) -> Fixture:
    name = body.name.removesuffix(BODY)
    beside = body.with_name(name + HEADERS)
    return Fixture(name, _headers(beside) if beside.exists() else {}, body.read_bytes())


def _headers(path: Path) -> dict[str, str]:
    try:
        told = json.loads(path.read_text("utf-8"))
    except ValueError:
        told = None
    if not isinstance(told, dict) or not all(isinstance(value, str) for value in told.values()):
        raise Unusable(f"{path} is not a JSON object of texts")
    return told
