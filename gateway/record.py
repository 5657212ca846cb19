"""Stored deliveries made into recorded ones that may be committed: through a running service, or from its database.

Bodies are stored without credentials; `calcom/standins.py` takes the people out. The signature is not kept: it would
be wrong, and `replay` signs anew. Which files they become is `fixtures.py`.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.calcom.fields import moment, parse
from gateway.calcom.standins import Standins
from gateway.fixtures import Fixture
from gateway.http import httpx
from gateway.ports import Ledger, Store
from gateway.records import Delivery
from gateway.replay import RECEIVED
from gateway.web.shapes import time

PAGE = 100


class Refused(Exception):
    """The running service did not hand its deliveries over; the text says why."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which deliveries: those of one verdict or all, the newest `limit` or all."""

    verdict: str | None = None
    limit: int | None = None

    def page(self, so_far: int) -> int:
        """How many to ask for next."""
        return PAGE if self.limit is None else min(PAGE, self.limit - so_far)


async def from_store(store: Store, account: str, wanted: Wanted) -> list[Delivery]:
    """The wanted deliveries of a database, oldest first."""
    return await store.read(account, lambda ledger: _stored(ledger, wanted))


async def from_service(
    http: httpx.AsyncClient, wanted: Wanted, progress: Callable[[int, int], None]
) -> list[Delivery]:
    """The wanted deliveries of a running service, oldest first. `http` has its address and a token.

    `progress` is told how many of how many are here. Raises Refused.
    """
    numbers: list[int] = []
    cursor: str | None = None
    while (size := wanted.page(len(numbers))) > 0:
        asked = {"verdict": wanted.verdict, "limit": str(size), "cursor": cursor}
        page = await _asked(http, "/v1/deliveries", {key: told for key, told in asked.items() if told})
        numbers += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    found: list[Delivery] = []
    for number in reversed(numbers):
        found.append(await _one(http, number))
        progress(len(found), len(numbers))
    return found


def fixtures(deliveries: Sequence[Delivery]) -> list[Fixture]:
    """The deliveries as files, without people; those of which no body was kept are left out."""
    kept = [(one, one.body) for one in deliveries if one.body is not None]
    standins = Standins(body for _, body in kept)
    return [
        Fixture(f"{place:04d}-{_word(one.trigger)}", _headers(one), standins.mask(body))
        for place, (one, body) in enumerate(kept, 1)
    ]


def _stored(ledger: Ledger, wanted: Wanted) -> list[Delivery]:
    numbers: list[int] = []
    before: int | None = None
    while page := ledger.deliveries(wanted.verdict, before, wanted.page(len(numbers))):
        numbers += [one.id for one in page]
        before = numbers[-1]
    found = (ledger.delivery(number) for number in reversed(numbers))
    return [one.delivery for one in found if one is not None]


def understood(one: Fixture) -> bool:
    """Whether its people could be told from its other words."""
    try:
        parse(one.body)
    except ValueError:
        return False
    return True


async def _one(http: httpx.AsyncClient, number: int) -> Delivery:
    told = await _asked(http, f"/v1/deliveries/{number}", {})
    at, body = moment(told["received_at"]), told["body"]
    assert at is not None
    kept = body.encode() if body is not None else None
    return Delivery(told["digest"], at, told["size"], told["headers"], kept, told["trigger"], told["uid"])


async def _asked(http: httpx.AsyncClient, path: str, asked: dict[str, str]) -> Any:
    try:
        answer = await http.get(path, params=asked)
    except httpx.HTTPError as error:
        raise Refused(f"no answer from {http.base_url} ({type(error).__name__})") from None
    if not answer.is_success:
        raise Refused(f"{http.base_url} refuses to show its deliveries ({answer.status_code})")
    return answer.json()


def _headers(one: Delivery) -> dict[str, str]:
    return {**one.headers, RECEIVED: str(time(one.received_at))}


def _word(trigger: str | None) -> str:
    """A trigger as part of a file's name: it is whatever stood in the body."""
    return re.sub(r"\W+", "_", trigger or "", flags=re.ASCII)[:60] or "none"
