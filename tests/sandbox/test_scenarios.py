"""Scenarios: every example can be played, twice to the same effect; a file's mistakes are told all at once."""

import asyncio
import json
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.sandbox import recorder
from gateway.sandbox.scenario import Mistaken, find, parse, play, read, shipped
from tests.sandbox.playing import NOON, Play, demo

FIRST = '[[step]]\ndo = "book"\nas = "first"\n'
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}")
_NUMBER = re.compile(r'"(bookingId|attendeeId|rescheduleId|paymentId|id)":\d+')
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)|\d{8}T\d{6}Z|\d{12}")


def scenario(steps: str, world: str = "") -> Any:
    """A scenario of those steps."""
    return parse("test", f'title = "A test"\n{world}{steps}')


async def told(play_: Play, steps: str, world: str = "") -> list[str]:
    """Play and give the triggers that came."""

    async def wait(seconds: float) -> None:
        play_.wait(seconds=seconds)

    await play(play_.stage, scenario(steps, world), wait)
    return play_.receiver.triggers


async def heard(path: Path, run: Play) -> list[str]:
    """Play an example, and give what came without its ids and times."""
    await perform(str(path), run)
    return [masked(one.content.decode(), list(run.world.bookings)) for one in run.receiver.requests]


async def perform(name: str, run: Play) -> None:
    """Play an example, and let time pass between its steps."""

    async def wait(seconds: float) -> None:
        run.wait(seconds=seconds)

    await play(run.stage, read(find(name)), wait, recorder.BETWEEN)


def masked(text: str, uids: list[str]) -> str:
    """Uids are told apart, all other ids and times are not."""
    for number, uid in enumerate(uids):
        text = text.replace(uid, f"<{number}>").replace(uid[:10], f"<{number}>")
    return _TIME.sub("<time>", _NUMBER.sub(r'"\1":0', _UUID.sub("<uuid>", text)))


@pytest.mark.parametrize("path", shipped(), ids=lambda path: path.stem)
async def test_played_twice_an_example_tells_the_same(path: Path) -> None:
    """On another day, with other names."""
    first = Play(demo(), mint=recorder.mint_of("first"))
    again = Play(demo(), NOON + timedelta(days=7), mint=recorder.mint_of("again"))
    again.world.last_id = 700
    told_first = await heard(path, first)
    assert await heard(path, again) == told_first
    assert told_first


def test_an_example_is_found_by_name() -> None:
    """Or a file by its path; anything else is a mistake."""
    assert find("a-accepted") == find(str(shipped()[0]))
    with pytest.raises(Mistaken, match="no such file"):
        find("nothing")


def test_the_examples_show_all_there_is() -> None:
    """Every model of permissions, order of payments and release, and every sort of event type."""
    settings: dict[str, set[object]] = {}
    sorts = set()
    for path in shipped():
        world = read(path).world
        for name, value in world.get("settings", {}).items():
            settings.setdefault(name, set()).add(value)
        sorts |= {key for row in world.get("event_types", []) for key in row}
    assert settings["permissions"] == {"2025", "2026", "diy"}
    assert sorts >= {"recurrence", "seats", "price", "team", "scheduling", "hosts", "threshold"}


async def test_moods_of_webhooks(play: Play) -> None:
    """The example: lost, doubled, the other way round, late; it is over when the last one has come."""
    await perform("moods", play)
    requested, created, cancelled = (f"BOOKING_{one}" for one in ("REQUESTED", "CREATED", "CANCELLED"))
    assert play.receiver.triggers == [created, requested, requested, cancelled, created, requested]


def test_all_mistakes_are_told_at_once() -> None:
    """Each with its line and its step."""
    text = """
title = "Wrong"
colour = "red"

[[world.event_types]]
id = "x"
slug = "group"
title = "Group"
owner = 101
seets = 3

[world.settings]
release = "7"

[[step]]
do = "book"
as = "first"
start = "tomorrow"

[[step]]
do = "confirm"
boking = "first"

[[step]]
do = "dance"
"""
    with pytest.raises(Mistaken) as caught:
        parse("wrong", text)
    assert [mistake.split(": ")[0:2] for mistake in caught.value.mistakes] == [
        ["line 3", "colour"],
        ["line 6", "event_types.id"],
        ["line 10", "event_types.seets"],
        ["line 13", "settings.release"],
        ["line 18, step 1 (book)", "start"],
        ["line 20, step 2 (confirm)", "booking"],
        ["line 22, step 2 (confirm)", "boking"],
        ["line 24, step 3 (dance)", "step"],
    ]


@pytest.mark.parametrize(
    ("steps", "mistake"),
    [
        (
            '[[step]]\ndo = "confirm"\nbooking = "first"\n',
            "line 4, step 1 (confirm): booking: no earlier step names `first`",
        ),
        (
            f'{FIRST}[[step]]\ndo = "confirm"\nbooking = "first"\nby = "zoe"\n',
            "line 8, step 2 (confirm): by: nobody is called `zoe`",
        ),
        (
            '[[step]]\ndo = "book"\nevent_type = "yoga"\n',
            "line 4, step 1 (book): nobody offers event type 'yoga' with host None",
        ),
        ("[[step]\n", "line 2: "),
        (
            f"{FIRST}[[world.event_types]]\nid = 9\nslug = 's'\ntitle = 'T'\nowner = 999\n",
            "line 9: event_types.owner: nobody has the id 999",
        ),
    ],
)
def test_names_are_looked_up(steps: str, mistake: str) -> None:
    """Bookings, people and event types; and what is no TOML has a line, too."""
    with pytest.raises(Mistaken) as caught:
        scenario(steps)
    assert caught.value.mistakes[0].startswith(mistake)


async def test_later_steps_speak_of_earlier_ones(play: Play) -> None:
    """By the name a step gave; a move gives the booking a new one."""
    steps = f"""{FIRST}
[[step]]
do = "move"
booking = "first"
as = "second"
start = 345600

[[step]]
do = "decline"
booking = "second"
"""
    assert await told(play, steps) == ["BOOKING_REQUESTED", "BOOKING_REQUESTED", "BOOKING_REJECTED"]


async def test_a_time_is_an_hour_of_the_hosts_zone_or_seconds(play: Play) -> None:
    """On a day so many days on."""
    steps = f'{FIRST}start = "+3d 09:30"\n[[step]]\ndo = "book"\nname = "Ben"\nemail = "b@example.com"\nstart = 7200\n'
    await told(play, steps)
    starts = [body["payload"]["startTime"] for body in play.receiver.bodies]
    assert starts == ["2027-03-04T08:30:00Z", "2027-03-01T14:00:00Z"]


async def test_a_refusal_that_is_expected_is_none(play: Play) -> None:
    """One that is not, or that does not come, is a mistake."""
    confirm = '[[step]]\ndo = "confirm"\nbooking = "first"\n'
    await told(play, f"{FIRST}{confirm}{confirm}refused = 400\n")
    for steps, text in (
        (confirm, "refused with 400"),
        (f"{confirm}refused = 400\n", "was to be refused with 400"),
    ):
        other = Play(demo())
        with pytest.raises(Mistaken, match=text):
            await told(other, f"{FIRST}{confirm if text.startswith('refused') else ''}{steps}")


async def test_a_world_is_added_to_the_one_there_is(play: Play) -> None:
    """Rows with known ids take their places, settings are changed, the rest stays."""
    world = '[world.settings]\npermissions = "2026"\n[[world.people]]\nid = 101\nname = "May"\nemail = "may@example.com"\nusername = "maya"\ntime_zone = "Etc/UTC"\napi_key = "k"\n'
    await told(play, FIRST, world)
    assert play.receiver.payload["organizer"]["email"] == "may@example.com"
    assert (play.world.settings.permissions, len(play.world.people)) == ("2026", 4)


@pytest.mark.parametrize(
    ("steps", "heard"),
    [
        ('[[step]]\ndo = "mood"\nmood = "lose"\ntrigger = "BOOKING_REQUESTED"\n' + FIRST, []),
        (
            FIRST + '[[step]]\ndo = "add-guests"\nbooking = "first"\nguests = ["g@example.com"]\n',
            ["BOOKING_REQUESTED"],
        ),
        ('[[step]]\ndo = "announce"\ntrigger = "ANYTHING"\n', ["ANYTHING"]),
        ('[[step]]\ndo = "subscribe"\nlevel = "user"\nowner = 101\n' + FIRST, ["BOOKING_REQUESTED"] * 2),
    ],
)
async def test_a_step_does_what_it_says(play: Play, steps: str, heard: list[str]) -> None:
    """Those that no example shows."""
    assert await told(play, steps) == heard


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the sandbox as a program."""
    command = [sys.executable, "-m", "gateway.sandbox", "--port", "0", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)  # noqa: S603 -- our own program


def test_a_wrong_file_is_not_begun(tmp_path: Path) -> None:
    """Exit code 3, a line for each mistake, and nothing on the standard output."""
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(f'title = "Wrong"\n{FIRST}[[step]]\ndo = "wait"\nlong = true\n')
    ended = run("--scenario", str(wrong))
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.splitlines() == [
        "line 5, step 2 (wait): seconds: Field required",
        "line 7, step 2 (wait): long: Extra inputs are not permitted",
    ]


async def test_a_scenario_is_played_once_it_can_be_called(tmp_path: Path) -> None:
    """After the address has been printed; its bookings are there to be looked at."""
    command = ("-m", "gateway.sandbox", "--port", "0", "--scenario", "a-accepted")
    process = await asyncio.create_subprocess_exec(sys.executable, *command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout
    address = (await asyncio.wait_for(process.stdout.readline(), 20)).decode().strip()
    try:
        await until_accepted(address.removesuffix("/v2"))
    finally:
        process.terminate()
        assert await process.wait() == 0


async def until_accepted(address: str) -> None:
    """Wait until the scenario's booking is."""
    for _ in range(200):
        reader, writer = await asyncio.open_connection("127.0.0.1", int(address.rsplit(":", 1)[1]))
        writer.write(b"GET /control/state HTTP/1.0\r\n\r\n")
        answer = await reader.read()
        writer.close()
        state = json.loads(answer.partition(b"\r\n\r\n")[2])
        if [booking["status"] for booking in state["bookings"]] == ["accepted"]:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the scenario was not played")
