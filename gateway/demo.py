"""The rehearsal: a stand-in Cal.com and the service in one process, with a few requests made at the front door.

No account, no settings; everything is on loopback and in `data/demo/`. Without `keep` it begins anew;
with it the database, the stand-in's memory and the keys go on together, or not at all: they are
written side by side when the demo stops, and a demo that was killed begins anew.
"""

import asyncio
import json
import secrets
import shutil
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from starlette.applications import Starlette

from gateway.app import opened, utc_now
from gateway.domain.people import Role
from gateway.http import httpx
from gateway.listening import listen
from gateway.sandbox.app import build
from gateway.sandbox.demo import demo_world
from gateway.sandbox.serve import serve as serve_sandbox
from gateway.sandbox.world import World
from gateway.settings import Settings
from gateway.web.tokens import mint

FOLDER = Path("data/demo")
LIFE = timedelta(hours=12)
MENTOR = "maya@example.com"
REQUESTS: tuple[dict[str, Any], ...] = (
    {
        "host": "maya",
        "name": "Ana Soto",
        "email": "ana@example.com",
        "answers": {"why": "I want to change to UX"},
    },
    {
        "host": "maya",
        "name": "Ben Okafor",
        "email": "ben@example.com",
        "answers": {"why": "A look at my portfolio"},
    },
    {
        "host": "maya",
        "name": "Chloe Petit",
        "email": "chloe@example.com",
        "answers": {"why": "Interview practice"},
    },
    {
        "host": "jonas",
        "name": "Dev Rao",
        "email": "dev@example.com",
        "answers": {"why": "Choosing a first job"},
    },
)

Work = Callable[[], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Keys:
    """What the two sides know each other by; made by chance."""

    api_key: str
    webhook_secret: str
    token_key: str


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A demo about to run: its keys, and the stand-in's world; `fresh` when nobody has asked for anything yet."""

    keys: Keys
    world: World
    fresh: bool


async def run(host: str, port: int, *, keep: bool) -> None:
    """Run until stopped. Raises OSError when a port is taken, Taken when another demo uses the folder."""
    rehearsal = _remembered(f"http://127.0.0.1:{port}") if keep else None
    if rehearsal is None:
        shutil.rmtree(FOLDER, ignore_errors=True)
        rehearsal = _new(f"http://127.0.0.1:{port}")
    sandbox = build(rehearsal.world)
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    stand_in = asyncio.create_task(serve_sandbox(sandbox, port=0, ready=address.set_result))
    try:
        calcom = await address
        settings = _settings(rehearsal.keys, calcom)
        async with opened(settings) as app:
            await _listen(app, host, port, rehearsal, settings, calcom)
    finally:
        stand_in.cancel()
        await asyncio.gather(stand_in, return_exceptions=True)
    if keep:
        _remember(rehearsal)


async def _listen(
    app: Starlette, host: str, port: int, rehearsal: Rehearsal, settings: Settings, calcom: str
) -> None:
    """Serve, and once the socket listens make the requests and say what to do with them."""
    begun: list[asyncio.Task[None]] = []

    def ready() -> None:
        begun.append(asyncio.create_task(_begin(f"http://{host}:{port}", rehearsal, settings, calcom)))

    await listen(app, host, port, ready)
    for task in begun:
        task.cancel()
    await asyncio.gather(*begun, return_exceptions=True)


async def _begin(gateway: str, rehearsal: Rehearsal, settings: Settings, calcom: str) -> None:
    token = mint(settings, Role.HOST, MENTOR, LIFE, utc_now())
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        for wish in REQUESTS if rehearsal.fresh else ():
            (await client.post(f"{calcom}/control/bookings", json=wish)).raise_for_status()
        bearer = {"Authorization": f"Bearer {token}"}
        pending = await client.get(f"{gateway}/v1/bookings?status=pending", headers=bearer)
    sys.stdout.write(script(gateway, calcom, token, [one["uid"] for one in pending.json()["items"]]) + "\n")
    sys.stdout.flush()


def script(gateway: str, calcom: str, token: str, uids: list[str]) -> str:
    """What the demo prints: lines to paste, one command each."""
    bearer = f"-H 'Authorization: Bearer {token}'"
    post = f"curl -sS -X POST {bearer} -H 'Content-Type: application/json'"
    lines = [
        f"\nThe gateway is at {gateway}, its stand-in Cal.com at {calcom}/v2. {MENTOR} has {len(uids)} requests.",
        "\n# list the pending requests",
        f"curl -sS {bearer} '{gateway}/v1/bookings?status=pending'",
    ]
    if uids:
        lines += ["\n# accept one", f"{post} -d '{{}}' {gateway}/v1/bookings/{uids[0]}/accept"]
    if len(uids) > 1:
        reason = json.dumps({"reason_code": "time-does-not-suit", "reason": "I am travelling that week"})
        lines += [
            "\n# decline one, with a reason",
            f"{post} -d '{reason}' {gateway}/v1/bookings/{uids[1]}/reject",
        ]
    ask = json.dumps({"host": "maya", "name": "Eli Novak", "email": "eli@example.com"})
    lines += [
        "\n# ask for another one, as a mentee at Cal.com would",
        f"curl -sS -X POST -H 'Content-Type: application/json' -d '{ask}' {calcom}/control/bookings",
        "\nStop with Ctrl-C.",
    ]
    return "\n".join(lines)


def _settings(keys: Keys, calcom: str) -> Settings:
    return Settings.model_validate({
        "database": f"sqlite:///{FOLDER / 'gateway.db'}",
        "calcom": {"base_url": f"{calcom}/v2", "api_key": keys.api_key},
        "webhook": {"secrets": [keys.webhook_secret]},
        "tokens": {"key": keys.token_key},
    })  # fmt: skip


def _new(gateway: str) -> Rehearsal:
    keys = Keys(f"cal_{secrets.token_hex(16)}", secrets.token_hex(32), secrets.token_hex(32))
    return Rehearsal(
        keys, demo_world(keys.api_key, f"{gateway}/webhooks/calcom", keys.webhook_secret), fresh=True
    )


def _remember(rehearsal: Rehearsal) -> None:
    keys = rehearsal.keys
    kept = {
        "keys": [keys.api_key, keys.webhook_secret, keys.token_key],
        "world": rehearsal.world.dump(),
    }
    path = FOLDER / "demo.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps(kept))


def _remembered(gateway: str) -> Rehearsal | None:
    """What the last demo left when it stopped. It is taken away at once, so that a killed demo leaves nothing."""
    path = FOLDER / "demo.json"
    if not path.exists() or not (FOLDER / "gateway.db").exists():
        return None
    kept = json.loads(path.read_text())
    path.unlink()
    world = World.load(kept["world"])
    for hook in world.subscriptions:
        hook.url = f"{gateway}/webhooks/calcom"
    return Rehearsal(Keys(*kept["keys"]), world, fresh=False)
