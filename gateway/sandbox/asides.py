"""The steps of a scenario that are about no booking: a test, a holiday, moods, settings, subscriptions, time that passes."""

from dataclasses import replace
from typing import Any, Literal, Self

from pydantic import ConfigDict, Field, TypeAdapter, model_validator

from gateway.sandbox import webapp
from gateway.sandbox.notices import Holiday
from gateway.sandbox.rows import Level
from gateway.sandbox.steps import Cast, Step, When
from gateway.sandbox.wanted import Words
from gateway.sandbox.webhooks import Event
from gateway.sandbox.world import Settings


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


class MoodStep(Words, Step):
    """A mood, in the words of the control route; but a `booking` is named as in other steps.

    The steps themselves are no calls: what strikes a call strikes whoever calls the API meanwhile.
    """

    do: Literal["mood"]
    booking: str | None = None

    async def play(self, cast: Cast) -> None:
        """Put it in force."""
        cast.stage.moods.add(self.meant(cast.parts[self.booking].uid if self.booking else None))


class ClearMoods(Step):
    """All moods end; webhooks that were gathered leave."""

    do: Literal["clear-moods"]

    async def play(self, cast: Cast) -> None:
        """End them."""
        cast.stage.moods.clear()
        await cast.stage.courier.send_gathered()


class ChangeSettings(Step):
    """Some settings change, those of the world's table, by their names."""

    model_config = ConfigDict(extra="allow")

    do: Literal["settings"]

    @model_validator(mode="after")
    def _known(self) -> Self:
        TypeAdapter(Settings).validate_python(self.model_extra)
        return self

    async def play(self, cast: Cast) -> None:
        """Change them."""
        cast.stage.world.enter({"settings": self.model_extra})


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
