"""Records what scenarios send: `python -m gateway.sandbox.recorder FOLDER`, one pair of files for each delivery.

`<nn>-<scenario>-<trigger>.body` has the exact bytes, `.headers.json` beside it the headers, signature included. Clock,
uids and ids are made from the scenario's name, so a second run changes no byte. The secret is the public
constant below: what is recorded is about invented people and meant to be read.
"""

import argparse
import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count
from pathlib import Path

from gateway.http import httpx
from gateway.sandbox.app import DEMO_KEY, LETTERS, build
from gateway.sandbox.demo import demo_world
from gateway.sandbox.scenario import Scenario, play, read, shipped
from gateway.sandbox.stage import Mint

SECRET = "fixture-secret"  # noqa: S105 -- public on purpose
HOOK = "http://gateway.example.com/webhooks/calcom"
BEGIN = datetime(2027, 3, 1, 12, tzinfo=UTC)
"""A Monday."""
BETWEEN = 20.0
BODY, HEADERS = ".body", ".headers.json"


class Clock:
    """Goes on by a millisecond each time it is looked at, and by as much as somebody waits."""

    def __init__(self) -> None:
        self.at = BEGIN

    def __call__(self) -> datetime:
        """Tell the time."""
        self.at += timedelta(milliseconds=1)
        return self.at

    async def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.at += timedelta(seconds=seconds)


def mint_of(name: str) -> Mint:
    """Make names that are always the same for a scenario, and no other scenario's."""
    uids, uuids = count(1), count(1)
    return Mint(lambda: _uid(f"{name} booking {next(uids)}"), lambda: _uuid(f"{name} {next(uuids)}"))


def _uid(text: str) -> str:
    number, letters = int(sha256(text.encode()).hexdigest(), 16), ""
    while len(letters) < 22:
        number, nth = divmod(number, len(LETTERS))
        letters += LETTERS[nth]
    return letters


def _uuid(text: str) -> str:
    digits = sha256(text.encode()).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:32]}"


async def record(scenario: Scenario) -> dict[str, bytes]:
    """Play a scenario and give the files, by name."""
    sent: list[httpx.Request] = []

    async def take(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200)

    clock = Clock()
    client = httpx.AsyncClient(transport=httpx.MockTransport(take))
    world = demo_world(DEMO_KEY, HOOK, SECRET)
    world.last_id = int(sha256(scenario.name.encode()).hexdigest()[:5], 16)
    stage = build(world, now=clock, mint=mint_of(scenario.name), client=client).state.stage
    await play(stage, scenario, clock.wait, BETWEEN)
    await stage.courier.close()
    triggers = {delivery.body: delivery.trigger for delivery in stage.courier.deliveries}
    named = (f"{nth:02d}-{scenario.name}-{triggers[one.content]}" for nth, one in enumerate(sent, 1))
    return dict(pair for name, one in zip(named, sent, strict=True) for pair in _files(name, one))


def _files(name: str, sent: httpx.Request) -> Iterator[tuple[str, bytes]]:
    """Headers of the way itself, such as the host, are not the sender's."""
    own = [(key.decode(), value.decode()) for key, value in sent.headers.raw]
    headers = {
        key: value for key, value in own if key.lower() not in ("host", "connection", "content-length")
    }
    yield name + BODY, sent.content
    yield name + HEADERS, json.dumps(headers, indent=2).encode() + b"\n"


async def record_all(paths: list[Path]) -> dict[str, bytes]:
    """Record several scenarios. Raises Mistaken."""
    files: dict[str, bytes] = {}
    for path in paths:
        files |= await record(read(path))
    return files


def write(folder: Path, files: dict[str, bytes]) -> None:
    """Write recorded files, and delete those of scenarios that are no more."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.name.endswith((BODY, HEADERS)) and path.name not in files:
            path.unlink()
    for name, content in files.items():
        (folder / name).write_bytes(content)


def main(argv: list[str] | None = None) -> None:
    """Record every scenario that comes with the package."""
    parser = argparse.ArgumentParser(
        "python -m gateway.sandbox.recorder", description="Record what scenarios send."
    )
    parser.add_argument("folder", type=Path, help="where the recorded deliveries go")
    write(parser.parse_args(argv).folder, asyncio.run(record_all(shipped())))


if __name__ == "__main__":
    main()
