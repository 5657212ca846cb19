"""Scenarios: TOML files that say what happens at this Cal.com, one step after the other.

    title = "A mentor accepts"

    [world.settings]            # optional: rows are added to the world, settings changed
    permissions = "2026"

    [[step]]
    do = "book"
    as = "first"
    start = "+3d 09:00"

    [[step]]
    do = "confirm"
    booking = "first"

Played twice, a scenario gives the same webhooks but for ids and times. All mistakes in a file are reported at once.
What steps there are and what they may say is in `steps.py` and `asides.py`; examples are in `scenarios/`.
"""

import asyncio
import tomllib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from gateway.sandbox import asides, steps, webapp
from gateway.sandbox.demo import demo_world
from gateway.sandbox.mistakes import Mistaken, Page, in_order, not_toml
from gateway.sandbox.refusals import Refusal
from gateway.sandbox.stage import Stage
from gateway.sandbox.steps import Cast, Step
from gateway.sandbox.world import World

__all__ = ["Mistaken", "Scenario", "find", "parse", "play", "read", "shipped"]

SHIPPED = Path(__file__).with_name("scenarios")

AnyStep = Annotated[
    steps.Book
    | steps.Confirm
    | steps.Decline
    | steps.Cancel
    | steps.Moves
    | steps.Pay
    | steps.AnotherTime
    | steps.Absent
    | steps.Reassign
    | steps.AddGuests
    | steps.Meeting
    | asides.Ping
    | asides.OutOfOffice
    | asides.Announce
    | asides.MoodStep
    | asides.ClearMoods
    | asides.ChangeSettings
    | asides.Release
    | asides.Subscribe
    | asides.Wait,
    Field(discriminator="do"),
]


@dataclass
class _Brought(World):
    """The rows a file brings, which may have no fields but the known ones."""

    __pydantic_config__ = ConfigDict(extra="forbid")


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    world: dict[str, Any] = {}
    step: list[AnyStep]


@dataclass(frozen=True)
class Scenario:
    """A file that was read. `name` is the file's."""

    name: str
    title: str
    world: dict[str, Any]
    steps: tuple[Step, ...]


def shipped() -> list[Path]:
    """The examples that come with the package."""
    return sorted(SHIPPED.glob("*.toml"))


def find(name: str) -> Path:
    """Give the file of that name, else the shipped example. Raises Mistaken."""
    candidates = (Path(name), SHIPPED / f"{name}.toml")
    for path in candidates:
        if path.is_file():
            return path
    raise Mistaken([f"{name}: there is no such file, and no example of that name"])


def read(path: Path) -> Scenario:
    """Read a file. Raises Mistaken, and OSError."""
    return parse(path.stem, path.read_text("utf-8"))


def parse(name: str, text: str) -> Scenario:
    """Read a scenario from its text. Raises Mistaken, with all mistakes."""
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Mistaken([not_toml(error, text)]) from None
    page = Page(text, given)
    file, wrong = _file(given, page)
    wrong += _wrong_world(given, page)
    if file is not None and not wrong:
        wrong = list(_wrong_names(file, page))
    if file is None or wrong:
        raise Mistaken(in_order(wrong))
    return Scenario(name, file.title, file.world, tuple(file.step))


async def play(
    stage: Stage,
    scenario: Scenario,
    wait: Callable[[float], Awaitable[object]] = asyncio.sleep,
    between: float = 0.0,
) -> dict[str, str]:
    """Play a scenario and give the uids by name. `between` steps so many seconds pass, by `wait`.

    It is over when the webhooks that are late or queued have left, too: those wait by a real clock.
    Raises Mistaken when a step is refused that should not be, or the other way round.
    """
    stage.world.enter(scenario.world)
    stage.follow()
    cast = Cast(stage, wait)
    for number, step in enumerate(scenario.steps, 1):
        if between and number > 1:
            await wait(between)
        await _take(cast, step, f"{scenario.name}, step {number} ({step.do})")
    await stage.courier.settled()
    return {name: part.uid for name, part in cast.parts.items()}


async def _take(cast: Cast, step: Step, where: str) -> None:
    try:
        await step.play(cast)
    except Refusal as refusal:
        if refusal.status != step.refused:
            raise Mistaken([f"{where}: refused with {refusal.status}: {refusal.message}"]) from None
    except ValueError as error:
        raise Mistaken([f"{where}: {error}"]) from None
    else:
        if step.refused is not None:
            raise Mistaken([f"{where}: was to be refused with {step.refused}, and was not"])
    finally:
        cast.stage.follow()


def _file(given: dict[str, Any], page: Page) -> tuple[_File | None, list[str]]:
    try:
        return _File.model_validate(given), []
    except ValidationError as error:
        return None, list(page.told(error))


def _wrong_world(given: dict[str, Any], page: Page) -> list[str]:
    try:
        TypeAdapter(_Brought).validate_python(given.get("world", {}))
    except ValidationError as error:
        return list(page.told(error, "world"))
    return []


def _wrong_names(file: _File, page: Page) -> Iterator[str]:
    """Names of bookings that no earlier step gave, of people nobody knows, of event types nobody offers."""
    world = demo_world("")
    world.enter(file.world)
    yield from _nobodys(world, file, page)
    people = {"host", "attendee", *(person.username for person in world.people)}
    named: set[str] = set()
    for number, step in enumerate(file.step):
        for key, text in _unknown(step, named, people):
            yield f"{page.place(('step', number, key))}: {key}: {text}"
        if isinstance(step, steps.Book):
            yield from _unoffered(world, step, page.place(("step", number, "event_type")))
        named |= {str(getattr(step, "named", None) or getattr(step, "booking", ""))}


def _nobodys(world: World, file: _File, page: Page) -> Iterator[str]:
    ids = {person.id for person in world.people}
    for number, row in enumerate(file.world.get("event_types", [])):
        for key in ("owner", "hosts", "fixed"):
            named = row.get(key, [])
            missing = set(named if isinstance(named, list) else [named]) - ids
            if missing:
                place = page.place(("world", "event_types", number, key))
                yield f"{place}: event_types.{key}: nobody has the id {min(missing)}"


def _unknown(step: Step, named: set[str], people: set[str]) -> Iterator[tuple[str, str]]:
    booking = getattr(step, "booking", None)
    if booking is not None and booking.partition(".")[0] not in named:
        yield "booking", f"no earlier step names `{booking}`"
    for key in ("by", "host", "to", "claiming"):
        value = getattr(step, key, None)
        if isinstance(value, str) and value not in people:
            yield key, f"nobody is called `{value}`"


def _unoffered(world: World, step: steps.Book, where: str) -> Iterator[str]:
    try:
        webapp.choose(world, step.host, step.event_type)
    except ValueError as error:
        yield f"{where}: {error}"
