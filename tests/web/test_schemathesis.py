"""The description is put to the service: thousands of requests made of it, every check of schemathesis on each answer.

It runs as a program of its own against the real application behind a socket, once for each caller, and
loads this file for its hook. `make fuzz` goes on for longer, with SEEDS seeds for each of them.
"""

import asyncio
import json
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import uvicorn
from schemathesis import Case, HookContext
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.listening import Server
from gateway.web.auth import ON_BEHALF_OF
from tests.stories import cast
from tests.stories.cast import CalCom, Gateway

ROOT = Path(__file__).parents[2]
SEEDS = int(os.environ.get("SEEDS", "1"))
EXAMPLES = 5 if SEEDS == 1 else 40
AT_ONCE = 4
UNSIGNED = "to-be-signed"
CALLERS: dict[str, Callable[[Gateway], dict[str, str]]] = {
    "host": lambda gateway: gateway.host().headers,
    "attendee": lambda gateway: gateway.attendee().headers,
    "portal": lambda gateway: gateway.service().headers,
    "nobody": lambda _: {},
}

SETTINGS = """
hooks = {}

[cache]
enabled = false

[generation]
# Which characters are printable is Unicode's affair, and more than a pattern can say; it is said of these.
codec = "latin-1"

# A uid and an id that nobody has are answered 404, and nothing behind that would be tried.
[dictionaries.uids]
values = {}

[dictionaries.deliveries]
values = {}

[parameters]
"path.uid" = {{ dictionary = "uids", probability = 0.6 }}

[[operations]]
include-path-regex = "^/v1/deliveries/"
parameters = {{ "path.id" = {{ dictionary = "deliveries", probability = 0.6 }} }}
"""


@schemathesis.hook
def before_call(context: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
    """Spare what fits its schema the two refusals of which no schema can speak.

    A cursor is one of ours or it is not, so none is made up; a key goes with one request, so each gets
    its own. And some values of headers are made of letters and digits alone, whatever their pattern asks
    for: an address among them is left out.
    """
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    case.query.pop("cursor", None)
    if "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = f"{case.id}{case.headers['Idempotency-Key']}"[:200]
    if "@" not in case.headers.get(ON_BEHALF_OF, "@"):
        del case.headers[ON_BEHALF_OF]


@pytest.fixture
def changes() -> dict[str, Any]:
    """Limits that nobody reaches: they would answer in place of everything else."""
    return {"limits": {"actions_per_minute": 10**9, "failed_auth_per_minute": 10**9}}


@dataclass
class Signing:
    """In front of the application: signs the deliveries that ask for it, as Cal.com would, once their bytes are known."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        wanted = (b"x-cal-signature-256", UNSIGNED.encode())
        if scope["type"] != "http" or wanted not in scope["headers"]:
            await self.app(scope, receive, send)
            return
        body = await _whole(receive)
        signature = cast.signed(body)["X-Cal-Signature-256"].encode()
        others = [pair for pair in scope["headers"] if pair != wanted]
        headers = [*others, (wanted[0], signature)]

        async def again() -> Message:
            return {"type": "http.request", "body": body}

        await self.app({**scope, "headers": headers}, again, send)


async def _whole(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    return body


@asynccontextmanager
async def _served(app: ASGIApp) -> AsyncIterator[str]:
    """The address of the application behind a socket."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(Signing(app), log_config=None, access_log=False, lifespan="off")
        server = Server(config, lambda: None)
        running = asyncio.create_task(server.serve([listener]))
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.stop()
        await running


async def _asked(address: str, headers: dict[str, str], seed: int, folder: Path) -> dict[str, Any]:
    """What one run reports; what it printed is shown when it found something."""
    named = [part for pair in headers.items() for part in ("--header", ": ".join(pair))]
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", "settings.toml"),
        *("run", f"{address}/openapi.json", "--checks", "all", "--continue-on-failure", *named),
        *("--seed", str(seed), "--max-examples", str(EXAMPLES)),
        *("--report", "json", "--report-json-path", f"{seed}.json"),
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "HYPOTHESIS_STORAGE_DIRECTORY": str(ROOT / ".hypothesis"),
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await running.communicate()
    if running.returncode:
        sys.stdout.write(printed.decode())
    return dict(json.loads((folder / f"{seed}.json").read_bytes()))


async def _settings(gateway: Gateway, sandbox: CalCom) -> str:
    """What a run is to know: uids and deliveries that there are."""
    uids = [await sandbox.book(cast.NOON + timedelta(days=1, hours=hour)) for hour in range(12)]
    kept = (await gateway.service(cast.OPERATOR).get("/v1/deliveries")).json()["items"]
    numbers = [one["id"] for one in kept]
    return SETTINGS.format(*map(json.dumps, (__file__, uids, numbers)))


async def test_the_service_is_as_described(
    gateway: Gateway, sandbox: CalCom, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever asks, and whatever they send: the answer is one that the description has."""
    (tmp_path / "settings.toml").write_text(await _settings(gateway, sandbox), "utf-8")
    free = asyncio.Semaphore(AT_ONCE)

    async def one(address: str, caller: str, seed: int) -> dict[str, Any]:
        headers = {**CALLERS[caller](gateway), "X-Cal-Signature-256": UNSIGNED}
        async with free:
            return await _asked(address, headers, seed, tmp_path)

    async with _served(gateway.app) as address:
        runs = [one(address, caller, seed) for seed, caller in enumerate([*CALLERS] * SEEDS, start=1)]
        told = await asyncio.gather(*runs)
    cases = sum(run["test_cases"]["generated"] for run in told)
    with capsys.disabled():
        sys.stdout.write(f" {cases} cases in {len(told)} runs ")
    assert [run["failures"] + run["errors"] for run in told] == [[]] * len(told)
    assert [run["warnings"]["validation_mismatch"] for run in told] == [[]] * len(told)
    assert all(run["complete"] and run["operations"]["tested"] == run["operations"]["total"] for run in told)
