"""How webhooks leave: signed over the exact bytes, to all subscribers at once.

Directly, the sender waits for the slowest subscriber, failures are logged and swallowed, and nothing is repeated
(packages/features/webhooks/lib/sendPayload.ts). From a queue they leave after the call that caused them has
answered, and some failures are tried again (packages/features/webhooks/lib/tasker). Moods can lose, double,
delay, hold or reorder webhooks. What is in a body is decided in `payloads.py` and `notices.py`.
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
from gateway.sandbox import templates
from gateway.sandbox.moods import EVERY_WEBHOOK, Mood, Moods
from gateway.sandbox.rows import VERSIONS, Booking, Level, Subscription
from gateway.sandbox.times import millis
from gateway.sandbox.world import Settings, World

LOG = logging.getLogger(__name__)
UNSIGNED = "no-secret-provided"
TRIES = 4
"""How often the queue sends at most."""
AGAIN = (408, 429, 500, 502, 503, 504)
"""What it tries again; every other answer is final, and 410 ends the subscription (`deliver-webhook.ts` there)."""


def dumps(value: object) -> bytes:
    """Write JSON as `JSON.stringify` does: no blanks, nothing escaped but lone surrogates."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace")


def sign(body: bytes, secret: str | None) -> str:
    """Sign exact bytes: lower-case hex of HMAC-SHA256; an empty secret counts as none."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest() if secret else UNSIGNED


def subscribers(
    world: World, trigger: str, booking: Booking, *, organizer: bool = False
) -> list[Subscription]:
    """Tell who hears of this.

    The organizer's own subscriptions are left out where the event type is a team's and nobody's managed copy
    (packages/features/bookings/lib/handleConfirmation.ts; measured on 6.0.2), but not in the open edition.
    """
    kind = world.event_type(booking.event_type)
    personal = organizer or kind.team is None or world.settings.permissions == "diy"
    owners = {
        Level.ORGANIZATION: None,
        Level.USER: booking.host if personal else 0,
        Level.EVENT_TYPE: booking.event_type,
        Level.TEAM: kind.team or kind.managed_by or 0,
    }
    active = (sub for sub in world.subscriptions if sub.active and trigger in sub.triggers)
    return [sub for sub in active if sub.owner == owners[sub.level]]


@dataclass(frozen=True)
class Event:
    """Something to tell. A flat event's payload is the whole body; `texts` are for the newest version only."""

    trigger: str
    uid: str
    payload: dict[str, Any]
    texts: dict[str, str] = field(default_factory=dict)
    flat: bool = False

    def body(self, at: datetime, to: Subscription) -> bytes:
        """Write the body as sent at that instant to that subscription."""
        if self.flat:  # templates are not applied to these (https://cal.com/docs, webhooks)
            return dumps(self.payload)
        root = {"triggerEvent": self.trigger, "createdAt": millis(at)}
        payload = self.payload | (self.texts if to.version == VERSIONS[-1] else {})
        if to.template is None:
            return dumps({**root, "payload": payload})
        filled = templates.fill(to.template, payload | root)
        return filled.encode() if isinstance(filled, str) else dumps(filled)


@dataclass
class Delivery:
    """One body for one subscriber; `status` is what was answered.

    `fate` is waiting, held, gathered (to be sent in another order), sent, failed or lost.
    """

    seq: int
    trigger: str
    uid: str
    url: str
    body: bytes
    signature: str
    content_type: str = "application/json"
    version: str | None = None
    fate: str = "waiting"
    status: int | None = None

    @property
    def headers(self) -> dict[str, str]:
        """The headers Node's fetch and Cal.com send; up to 6.0.2 there is no version (measured)."""
        return {
            "Content-Type": self.content_type,
            "X-Cal-Signature-256": self.signature,
            **({"X-Cal-Webhook-Version": self.version} if self.version else {}),
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
class Pile:
    """Webhooks to be sent the other way round: each with all its deliveries, and what sends them when it is time."""

    webhooks: list[list[Delivery]]
    timer: asyncio.TimerHandle


@dataclass
class Courier:
    """Carries webhooks and remembers each delivery."""

    client: httpx.AsyncClient
    moods: Moods
    now: Callable[[], datetime]
    deliveries: list[Delivery] = field(default_factory=list)
    held: list[Delivery] = field(default_factory=list)
    piles: dict[int, Pile] = field(default_factory=dict)
    later: set[asyncio.Task[None]] = field(default_factory=set)

    async def announce(self, event: Event, to: list[Subscription], settings: Settings) -> None:
        """Send an event to all subscribers at once and wait for the slowest, unless a mood or a queue is between."""
        deliveries = [self._address(event, subscription, settings) for subscription in to]
        mood = self.moods.take(event.trigger, EVERY_WEBHOOK, uid=event.uid)
        if mood is None and settings.sending == "queued":
            for delivery, subscription in zip(deliveries, to, strict=True):
                self._keep(self._insist(delivery, subscription, settings))
        else:
            await self._carry(deliveries, mood)

    async def release(self, *, backwards: bool = False) -> int:
        """Send what was held, one after the other, and tell how many that were."""
        held, self.held = self.held, []
        for delivery in reversed(held) if backwards else held:
            await self._post(delivery)
        return len(held)

    async def send_gathered(self) -> None:
        """Send what was gathered, without waiting for more."""
        for number in list(self.piles):
            await self._send_pile(number)

    async def settled(self) -> None:
        """Wait until all that was to be sent later has been sent, or could not be."""
        if self.later:
            await asyncio.wait(set(self.later))

    def forget(self) -> None:
        """Forget all deliveries; what was to be sent later is not."""
        self._stop()
        self.held.clear()
        self.deliveries.clear()

    async def close(self) -> None:
        """Send nothing any more, and close the client."""
        self._stop()
        await self.client.aclose()

    def _stop(self) -> None:
        for pile in self.piles.values():
            pile.timer.cancel()
        self.piles.clear()
        for task in self.later:
            task.cancel()

    def _address(self, event: Event, to: Subscription, settings: Settings) -> Delivery:
        body = event.body(self.now(), to)
        kind = templates.content_type(None if event.flat else to.template)
        version = to.version if settings.newest else None
        signature = sign(body, to.secret)
        return self._note(Delivery(0, event.trigger, event.uid, to.url, body, signature, kind, version))

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
            case "reorder" if mood:
                await self._gather(deliveries, mood)
            case "delay" if mood:
                self._keep(self._post_later(deliveries, mood.seconds))
            case "double":
                await self._post_all(deliveries)
                await self._post_all([self._again(delivery) for delivery in deliveries])
            case _:
                await self._post_all(deliveries)

    async def _gather(self, deliveries: list[Delivery], mood: Mood) -> None:
        """Keep a webhook until the mood has all it wants; the call that brings the last waits for all of them.

        When the mood's time is over, what has come is sent, and the mood has passed.
        """
        _mark(deliveries, "gathered")
        number = id(mood)
        if number in self.piles:
            self.piles[number].webhooks.append(deliveries)
        else:
            self.piles[number] = Pile([deliveries], self._when_over(mood))
        if mood.left == 0:
            await self._send_pile(number)

    def _when_over(self, mood: Mood) -> asyncio.TimerHandle:
        def send() -> None:
            mood.left = 0
            self._keep(self._send_pile(id(mood)))

        return asyncio.get_running_loop().call_later(mood.seconds, send)

    async def _send_pile(self, number: int) -> None:
        pile = self.piles.pop(number, None)
        if pile is not None:
            pile.timer.cancel()
            for deliveries in reversed(pile.webhooks):
                await self._post_all(deliveries)

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self.later.add(task)
        task.add_done_callback(self.later.discard)

    async def _insist(self, delivery: Delivery, to: Subscription, settings: Settings) -> None:
        """Send as the queue does: up to four times, the waits growing by half; the bytes stay the same."""
        for attempt in range(TRIES):
            wait = settings.retry_wait * 1.5 ** (attempt - 1) if attempt else settings.queue_wait
            await asyncio.sleep(wait)
            delivery = self._again(delivery) if attempt else delivery
            await self._post(delivery)
            if delivery.status not in (None, *AGAIN):
                break
        if delivery.status == 410:
            to.active = False

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
