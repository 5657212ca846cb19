"""How webhooks leave: signed over the exact bytes, to all subscribers at once, once, whatever they answer.

The sender waits for the slowest subscriber; failures are logged and swallowed and nothing is repeated
(packages/features/webhooks/lib/sendPayload.ts). Moods can lose, double, delay or hold a webhook. What is in a
body is decided in `payloads.py` and `notices.py`.
"""

import asyncio
import hashlib
import hmac
import json
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from gateway.http import httpx
from gateway.sandbox.moods import EVERY_WEBHOOK, Mood, Moods
from gateway.sandbox.times import millis
from gateway.sandbox.world import Booking, Level, Subscription, World

LOG = logging.getLogger(__name__)
UNSIGNED = "no-secret-provided"


def dumps(value: object) -> bytes:
    """Write JSON as `JSON.stringify` does: no blanks, nothing escaped but lone surrogates."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace")


def sign(body: bytes, secret: str | None) -> str:
    """Sign exact bytes: lower-case hex of HMAC-SHA256; an empty secret counts as none."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest() if secret else UNSIGNED


def subscribers(world: World, trigger: str, booking: Booking) -> list[Subscription]:
    """Tell who hears of this."""
    owners = {Level.ORGANIZATION: None, Level.USER: booking.host, Level.EVENT_TYPE: booking.event_type}
    active = (sub for sub in world.subscriptions if sub.active and trigger in sub.triggers)
    return [sub for sub in active if sub.owner == owners[sub.level]]


@dataclass(frozen=True)
class Event:
    """Something to tell. A flat event's payload is the whole body."""

    trigger: str
    uid: str
    payload: dict[str, Any]
    flat: bool = False

    def body(self, at: datetime) -> bytes:
        """Write the body as sent at that instant."""
        if self.flat:
            return dumps(self.payload)
        return dumps({"triggerEvent": self.trigger, "createdAt": millis(at), "payload": self.payload})


@dataclass
class Delivery:
    """One body for one subscriber. `fate` is waiting, held, sent, failed or lost; `status` is what was answered."""

    seq: int
    trigger: str
    uid: str
    url: str
    body: bytes
    signature: str
    fate: str = "waiting"
    status: int | None = None

    @property
    def headers(self) -> dict[str, str]:
        """The headers Node's fetch and Cal.com send; release 6.0.2 has no `x-cal-webhook-version` (measured)."""
        return {
            "Content-Type": "application/json",
            "X-Cal-Signature-256": self.signature,
            "accept": "*/*",
            "accept-language": "*",
            "sec-fetch-mode": "cors",
            "user-agent": "node",
            "accept-encoding": "gzip, deflate",
        }

    def shown(self) -> dict[str, Any]:
        """Show it as the control route does, the body as text."""
        return {**vars(self), "body": self.body.decode()}


@dataclass
class Courier:
    """Carries webhooks and remembers each delivery."""

    client: httpx.AsyncClient
    moods: Moods
    now: Callable[[], datetime]
    deliveries: list[Delivery] = field(default_factory=list)
    held: list[Delivery] = field(default_factory=list)
    later: set[asyncio.Task[None]] = field(default_factory=set)

    async def announce(self, event: Event, to: list[Subscription]) -> None:
        """Send an event to all subscribers at once and wait for the slowest, unless a mood wants otherwise."""
        deliveries = [self._address(event, subscription) for subscription in to]
        mood = self.moods.take(event.trigger, EVERY_WEBHOOK, uid=event.uid)
        await self._carry(deliveries, mood)

    async def release(self, *, backwards: bool = False) -> int:
        """Send what was held, one after the other, and tell how many that were."""
        held, self.held = self.held, []
        for delivery in reversed(held) if backwards else held:
            await self._post(delivery)
        return len(held)

    async def close(self) -> None:
        """Forget what was to be sent later and close the client."""
        for task in self.later:
            task.cancel()
        await self.client.aclose()

    def _address(self, event: Event, subscription: Subscription) -> Delivery:
        body = event.body(self.now())
        signature = sign(body, subscription.secret)
        return self._note(Delivery(0, event.trigger, event.uid, subscription.url, body, signature))

    def _again(self, delivery: Delivery) -> Delivery:
        return self._note(replace(delivery, fate="waiting", status=None))

    def _note(self, delivery: Delivery) -> Delivery:
        delivery.seq = len(self.deliveries) + 1
        self.deliveries.append(delivery)
        return delivery

    async def _carry(self, deliveries: list[Delivery], mood: Mood | None) -> None:
        match mood and mood.kind:
            case "lose":
                _mark(deliveries, "lost")
            case "hold":
                _mark(deliveries, "held")
                self.held.extend(deliveries)
            case "delay" if mood:
                self._keep(self._post_later(deliveries, mood.seconds))
            case "double":
                await self._post_all(deliveries)
                await self._post_all([self._again(delivery) for delivery in deliveries])
            case _:
                await self._post_all(deliveries)

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self.later.add(task)
        task.add_done_callback(self.later.discard)

    async def _post_later(self, deliveries: list[Delivery], seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self._post_all(deliveries)

    async def _post_all(self, deliveries: list[Delivery]) -> None:
        await asyncio.gather(*(self._post(delivery) for delivery in deliveries))

    async def _post(self, delivery: Delivery) -> None:
        try:
            answer = await self.client.post(delivery.url, content=delivery.body, headers=delivery.headers)
        except (httpx.HTTPError, httpx.InvalidURL) as problem:
            delivery.fate = "failed"
            LOG.warning("webhook %s failed: %s", delivery.trigger, type(problem).__name__)
            return
        delivery.fate, delivery.status = "sent", answer.status_code
        if not answer.is_success:
            LOG.warning("webhook %s was answered %d", delivery.trigger, answer.status_code)


def _mark(deliveries: list[Delivery], fate: str) -> None:
    for delivery in deliveries:
        delivery.fate = fate
