"""The steps of a scenario that are about no booking: a test, a holiday, moods, subscriptions, time that passes."""

from dataclasses import replace
from typing import Any, Literal

from pydantic import Field

from gateway.sandbox import webapp
from gateway.sandbox.moods import read_mood
from gateway.sandbox.notices import Holiday
from gateway.sandbox.routes import ROUTES
from gateway.sandbox.rows import TRIGGERS, Level
from gateway.sandbox.steps import Cast, Step, When
from gateway.sandbox.webhooks import Event


class Ping(Step):
    """Somebody presses the test button of every subscription."""

    do: Literal["ping"]

    async def play(self, cast: Cast) -> None:
        """Press it."""
        await webapp.ping(cast.stage)


class OutOfOffice(Step):
    """A host goes on holiday."""

    do: Literal["out-of-office"]
    host: str
    start: When
    end: When
    notes: str | None = None

    async def play(self, cast: Cast) -> None:
        """Go."""
        person = cast.stage.world.person_called(self.host)
        if person is not None:
            begin, end = cast.instant(self.start, person.id), cast.instant(self.end, person.id)
            await webapp.out_of_office(cast.stage, person, Holiday(begin, end, self.notes))


class Announce(Step):
    """Every subscription is told something, whatever it may be."""

    do: Literal["announce"]
    trigger: str
    payload: dict[str, Any] = Field(default_factory=dict)

    async def play(self, cast: Cast) -> None:
        """Tell."""
        await webapp.announce(cast.stage, Event(self.trigger, "", self.payload))


class MoodStep(Step):
    """A mood, in the words of the control route."""

    do: Literal["mood"]
    mood: str
    route: str | None = None
    trigger: str | None = None
    n: int | None = 1
    seconds: float = 1.0
    status: int = 500
    after_effect: bool = False

    async def play(self, cast: Cast) -> None:
        """Put it in force."""
        body = self.model_dump(exclude={"do", "refused"}, exclude_none=True)
        cast.stage.moods.add(read_mood(body, tuple({spec.name: None for spec in ROUTES}), TRIGGERS))


class Release(Step):
    """The webhooks that were held leave, in their order or the other way round."""

    do: Literal["release"]
    backwards: bool = False

    async def play(self, cast: Cast) -> None:
        """Let them go."""
        await cast.stage.courier.release(backwards=self.backwards)


class Subscribe(Step):
    """One more subscription, with the first one's address and secret."""

    do: Literal["subscribe"]
    level: Level = Level.ORGANIZATION
    owner: int | None = None
    template: str | None = None
    version: Literal["2021-10-20", "2026-07-27"] = "2021-10-20"

    async def play(self, cast: Cast) -> None:
        """Subscribe."""
        for first in cast.stage.world.subscriptions[:1]:
            more = replace(first, id=cast.stage.mint.uuid(), level=self.level, owner=self.owner)
            more.template, more.version = self.template, self.version
            cast.stage.world.subscriptions.append(more)


class Wait(Step):
    """Nothing happens for a while."""

    do: Literal["wait"]
    seconds: float

    async def play(self, cast: Cast) -> None:
        """Wait."""
        await cast.wait(self.seconds)
