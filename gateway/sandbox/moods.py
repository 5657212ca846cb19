"""Switches that make this Cal.com behave badly, for the next calls of a route or the next webhooks.

A mood says where it strikes, how, how often and whether the effect comes first. How one is asked for is in
`wanted.py`, what an answer in a mood looks like in `spoils.py`, what becomes of a webhook in `webhooks.py`;
nothing here sends or answers.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from gateway.sandbox.door import Door

CALL_KINDS = {
    "slow": "answered `seconds` later",
    "hang": "not answered, and given up after two minutes",
    "drop": "not answered: the connection is closed",
    "status": "answered with that `status`",
    "html": "answered with a proxy's page",
    "garbage": "answered with half of the JSON",
    "schema": "answered with JSON of another `shape`",
    "drip": "answered really, `chunk` bytes at a time and `seconds` apart",
    "limit": "answered 429, and the caller is blocked from then on, as if its calls were used up",
    "refuse": "not even connected: nobody listens for `seconds`, from now on and whatever is called",
    "crash": "a confirm that sends its mails and ends before the state is written",
}
WEBHOOK_KINDS = {
    "lose": "never sent",
    "double": "sent twice",
    "delay": "sent `seconds` later",
    "hold": "sent when it is released",
    "reorder": "the next `n` are sent together, the last one first, after `seconds` at the latest",
}
"""What there is, and what becomes of a call or a webhook in that mood."""

SHAPES = ("empty", "old", "strings")
EVERY_CALL, EVERY_WEBHOOK = "any", "webhook"

# A call that hangs is given up after this many seconds, so that a forgotten mood ends by itself.
HANG_CAP = 120.0


@dataclass
class Mood:
    """`where` is a route's name, a trigger's name, "any" (call) or "webhook"; `left` None lasts until cleared.

    `seconds` is for slow, drip, refuse, delay and reorder, `chunk` for drip, `status` for status, `shape` for schema;
    `uid` narrows it to one booking. A confirm that crashes has sent its mails and changed nothing: they go out
    before the state is written (handleConfirmation.ts).
    """

    where: str
    kind: str
    left: int | None = 1
    after_effect: bool = False
    seconds: float = 1.0
    status: int = 500
    uid: str | None = None
    shape: str = SHAPES[0]
    chunk: int = 1

    def strikes(self, places: tuple[str, ...], uid: str | None) -> bool:
        """Tell whether this mood is for a call or webhook at one of those places about that booking."""
        return self.left != 0 and self.where in places and self.uid in (None, uid)


@dataclass
class Moods:
    """The moods in force, oldest first. Refusing connections is none of them: it is the `door`'s affair."""

    cap: float = HANG_CAP
    moods: list[Mood] = field(default_factory=list)
    cleared: asyncio.Event = field(default_factory=asyncio.Event)
    door: Door = field(default_factory=Door)

    def add(self, mood: Mood) -> None:
        """Put a mood in force."""
        if mood.kind == "refuse":
            self.door.shut(mood.seconds)
        else:
            self.moods.append(mood)

    def take(self, *places: str, uid: str | None = None) -> Mood | None:
        """Give the oldest mood that strikes here, and count it down."""
        mood = next((mood for mood in self.moods if mood.strikes(places, uid)), None)
        if mood is not None and mood.left is not None:
            mood.left -= 1
        return mood

    def clear(self) -> None:
        """End all moods; calls that hang are given up, slow ones go on at once."""
        self.moods.clear()
        self.door.open()
        self.cleared.set()
        self.cleared = asyncio.Event()

    async def hang(self) -> None:
        """Wait until the moods are cleared, at most `cap` seconds."""
        await self.pause(self.cap)

    async def pause(self, seconds: float) -> None:
        """Wait so long, or until the moods are cleared."""
        await _either(self.cleared, seconds)

    async def drip(self, body: bytes, mood: Mood) -> AsyncIterator[bytes]:
        """Give a body bit by bit; what is left when `cap` has passed or the moods are cleared comes at once."""
        cleared, loop = self.cleared, asyncio.get_running_loop()
        ends = loop.time() + self.cap
        while len(body) > mood.chunk and not cleared.is_set() and loop.time() + mood.seconds <= ends:
            yield body[: mood.chunk]
            body = body[mood.chunk :]
            await _either(cleared, mood.seconds)
        yield body


async def _either(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
