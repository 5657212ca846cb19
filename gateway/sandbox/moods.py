"""Switches that make this Cal.com behave badly, for the next calls of a route or the next webhooks.

A mood says where it strikes, how, how often and whether the effect comes first. What an answer in a mood looks
like is in `spoils.py`, what becomes of a webhook in `webhooks.py`; nothing here sends or answers.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any

CALL_KINDS = ("hang", "slow", "status", "drop", "html", "garbage", "crash")
WEBHOOK_KINDS = ("lose", "double", "delay", "hold")
EVERY_CALL, EVERY_WEBHOOK = "any", "webhook"

# A call that hangs is given up after this many seconds, so that a forgotten mood ends by itself.
HANG_CAP = 120.0


@dataclass
class Mood:
    """`where` is a route's name, a trigger's name, "any" (call) or "webhook"; `left` None lasts until cleared.

    `seconds` is for slow and delay, `status` for status; `uid` narrows it to one booking. A confirm that crashes
    has sent its mails and changed nothing: they go out before the state is written (handleConfirmation.ts).
    """

    where: str
    kind: str
    left: int | None = 1
    after_effect: bool = False
    seconds: float = 1.0
    status: int = 500
    uid: str | None = None

    def strikes(self, places: tuple[str, ...], uid: str | None) -> bool:
        """Tell whether this mood is for a call or webhook at one of those places about that booking."""
        return self.left != 0 and self.where in places and self.uid in (None, uid)


@dataclass
class Moods:
    """The moods in force, oldest first."""

    cap: float = HANG_CAP
    moods: list[Mood] = field(default_factory=list)
    cleared: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, mood: Mood) -> None:
        """Put a mood in force."""
        self.moods.append(mood)

    def take(self, *places: str, uid: str | None = None) -> Mood | None:
        """Give the oldest mood that strikes here, and count it down."""
        mood = next((mood for mood in self.moods if mood.strikes(places, uid)), None)
        if mood is not None and mood.left is not None:
            mood.left -= 1
        return mood

    def clear(self) -> None:
        """End all moods; calls that hang are given up."""
        self.moods.clear()
        self.cleared.set()
        self.cleared = asyncio.Event()

    async def hang(self) -> None:
        """Wait until the moods are cleared, at most `cap` seconds."""
        await self.pause(self.cap)

    async def pause(self, seconds: float) -> None:
        """Wait so long, or until the moods are cleared."""
        try:
            await asyncio.wait_for(self.cleared.wait(), seconds)
        except TimeoutError:
            return


def read_mood(body: dict[str, Any], routes: tuple[str, ...], triggers: tuple[str, ...]) -> Mood:
    """Read a mood as the control route takes it. Raises ValueError with a sentence for what makes no sense."""
    where = body.get("route", EVERY_WEBHOOK if "trigger" in body else EVERY_CALL)
    kind = body.get("mood")
    calls = where in (*routes, EVERY_CALL)
    if where == EVERY_WEBHOOK:
        where = body.get("trigger", EVERY_WEBHOOK)
    if not calls and where not in (*triggers, EVERY_WEBHOOK):
        raise ValueError(
            f"route is one of {[*routes, EVERY_CALL, EVERY_WEBHOOK]}, trigger one of {list(triggers)}"
        )
    if kind not in (CALL_KINDS if calls else WEBHOOK_KINDS):
        raise ValueError(f"mood is one of {CALL_KINDS if calls else WEBHOOK_KINDS} for {where}")
    if kind == "crash" and where != "confirm":
        raise ValueError("only a confirm can crash between its mails and the state")
    return Mood(
        where=where,
        kind=str(kind),
        left=body.get("n", 1),
        after_effect=bool(body.get("after_effect", False)),
        seconds=float(body.get("seconds", 1.0)),
        status=int(body.get("status", 500)),
        uid=body.get("uid"),
    )
