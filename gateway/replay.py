"""Sends recorded deliveries to a running gateway, signed anew, each booking's in their order.

What they are is `fixtures.py`, how their dates are moved `calcom/shifting.py`. Nothing is tried again:
Cal.com does not either.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from gateway.calcom import webhook
from gateway.calcom.fields import moment
from gateway.calcom.shifting import measure, shifted, told_at
from gateway.calcom.signature import HEADER, sign
from gateway.fixtures import Fixture
from gateway.http import httpx

RECEIVED = "gateway-received-at"
"""The header in which a recording keeps when the delivery came. It is not sent."""

NOT_SENT = frozenset({
    "accept-encoding", "connection", "content-length", "host", "transfer-encoding", HEADER, RECEIVED,
})  # fmt: skip
"""What belongs to the way, or is made anew."""

SECONDS = 30
ABREAST = 16
"""How many may be under way at once: the gateway writes what arrives together with one fsync."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one delivery: the gateway's verdict, or its refusal's status, or why there was no answer."""

    name: str
    verdict: str | None = None
    status: int | None = None
    problem: str | None = None

    @property
    def word(self) -> str:
        """The row of the table that it counts in."""
        return self.verdict or (f"refused ({self.status})" if self.status else "not sent")


@dataclass(frozen=True, slots=True)
class Report:
    """How a replay went; `seconds` is how long it took."""

    sent: tuple[Sent, ...]
    seconds: float

    @property
    def ok(self) -> bool:
        """True when the gateway took every one."""
        return all(one.verdict for one in self.sent)

    @property
    def counts(self) -> Mapping[str, int]:
        """How many of each verdict, most first."""
        return dict(Counter(one.word for one in self.sent).most_common())


def recent(fixtures: Sequence[Fixture], now: datetime) -> list[Fixture]:
    """The deliveries with dates moved, so that every meeting lies ahead."""
    shift = measure([one.body for one in fixtures], now)
    return [replace(one, body=shifted(one.body, shift)) for one in fixtures]


def departures(fixtures: Sequence[Fixture], rate: float | None, speed: float | None) -> list[float]:
    """When each may leave, in seconds from the beginning.

    `speed` keeps the recorded distances, divided by it; `rate` is the most that leave in a second. A
    delivery without a time of its own, or with an earlier one than the last, leaves with the last.
    """
    times: list[float] = []
    began = next(filter(None, map(_at, fixtures)), None)
    for one in fixtures:
        last = times[-1] if times else 0.0
        at = _at(one)
        recorded = (at - began).total_seconds() / speed if speed and at and began else 0.0
        times.append(max(recorded, last + 1 / rate if rate and times else last))
    return times


def conversations(fixtures: Sequence[Fixture]) -> list[object]:
    """For each delivery what it belongs to: a booking with those it was moved from and to, or itself alone."""
    roots: dict[str, str] = {}

    def root(uid: str) -> str:
        while (above := roots.setdefault(uid, uid)) != uid:
            uid = above
        return uid

    told = [webhook.read(one.body) for one in fixtures]
    for read in told:
        seen = read.observation if isinstance(read, webhook.Seen) else None
        for other in (seen.moved_from, seen.facts.series) if seen else ():
            roots[root(other or seen.uid)] = root(seen.uid)  # type: ignore[union-attr]  # no seen, no other
    return [root(read.uid) if read.uid else place for place, read in enumerate(told)]


@dataclass(frozen=True, slots=True)
class Destination:
    """Where deliveries go, and what they are signed with."""

    http: httpx.AsyncClient
    url: str
    secret: bytes


async def send(
    to: Destination, fixtures: Sequence[Fixture], times: Sequence[float], each: Callable[[Sent], Any]
) -> Report:
    """Send them, each not before its time; `each` is told what became of it.

    What belongs together goes one after the other; what does not may be under way at once, as Cal.com's
    own deliveries are. After one that nobody answered the rest is not tried.
    """
    loop, gate = asyncio.get_running_loop(), asyncio.Semaphore(ABREAST)
    began, last, unanswered = loop.time(), dict[object, asyncio.Task[Sent]](), list[Sent]()

    async def deliver(one: Fixture, before: asyncio.Task[Sent] | None) -> Sent:
        if before is not None:
            await asyncio.wait([before])
        sent = replace(unanswered[0], name=one.name) if unanswered else await _send(to, one)
        if sent.problem:
            unanswered.append(sent)
        gate.release()
        each(sent)
        return sent

    tasks = []
    for one, belongs, due in zip(fixtures, conversations(fixtures), times, strict=True):
        await asyncio.sleep(max(0.0, began + due - loop.time()) if not unanswered else 0)
        await gate.acquire()
        last[belongs] = asyncio.create_task(deliver(one, last.get(belongs)))
        tasks.append(last[belongs])
    return Report(tuple(await asyncio.gather(*tasks)), loop.time() - began)


async def _send(to: Destination, one: Fixture) -> Sent:
    kept = {key.lower(): value for key, value in one.headers.items() if key.lower() not in NOT_SENT}
    headers = {"content-type": "application/json", **kept, HEADER: sign(one.body, to.secret).decode()}
    try:
        answer = await to.http.post(to.url, content=one.body, headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Sent(one.name, problem=f"{type(error).__name__}: {error}".rstrip(": "))
    if not answer.is_success:
        return Sent(one.name, status=answer.status_code)
    return Sent(one.name, _verdict(answer), answer.status_code)


def _verdict(answer: httpx.Response) -> str:
    """The gateway's word; another server's 200 has none."""
    try:
        return str(answer.json()["verdict"])
    except (ValueError, KeyError, TypeError):
        return "no verdict"


def _at(one: Fixture) -> datetime | None:
    return moment(one.headers.get(RECEIVED)) or told_at(one.body)
