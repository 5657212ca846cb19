"""`gateway demo`: what it prints can be pasted, and does what it says."""

import asyncio
import json
import shutil
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.process.programs import Program, free_port
from tests.stories.cast import Json

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
LAST = "Stop with Ctrl-C."


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[Program]:
    """A demo that has said all it has to say."""
    program = Program(tmp_path, "demo", "gateway", "demo", "--port", str(free_port()))
    program.start()
    try:
        await program.said(LAST, program.out)
        yield program
    finally:
        await program.close()


def lines(program: Program) -> list[str]:
    """The lines meant for pasting."""
    return [line for line in program.out.read_text().splitlines() if line.startswith("curl ")]


async def pasted(line: str) -> Json:
    """What a line does in a shell."""
    shell = await asyncio.create_subprocess_exec("bash", "-c", line, stdout=asyncio.subprocess.PIPE)
    out, _ = await asyncio.wait_for(shell.communicate(), 20)
    return dict(json.loads(out))


async def test_the_lines_do_what_they_say(demo: Program) -> None:
    """List, accept, decline, ask for another, in the order in which they stand there."""
    listing, accept, decline, ask = lines(demo)
    assert (await pasted(listing))["count"] == 3
    accepted, declined = await pasted(accept), await pasted(decline)
    assert (accepted["booking"]["status"], declined["booking"]["status"]) == ("accepted", "rejected")
    assert (await pasted(ask))["status"] == "pending"
    assert (await pasted(listing))["count"] == 2


async def test_it_stops_when_asked(demo: Program) -> None:
    """Ctrl-C ends it with exit code 0 within ten seconds, without a traceback."""
    demo.tell(signal.SIGINT)
    assert await demo.ended(10) == 0
    assert "Traceback" not in demo.err.read_text()


async def test_the_log_keeps_quiet(demo: Program) -> None:
    """The tokens are printed for whoever runs it; the log has none, no uid and no address."""
    _, accept, *_ = lines(demo)
    await pasted(accept)
    uid = accept.split("/")[-2]
    log = demo.err.read_text()
    assert [word for word in ("eyJ", uid, "@example", "cal_") if word in log] == []


async def test_nothing_is_left_outside_its_folder(demo: Program) -> None:
    """Everything it writes is under data/demo."""
    left = {path.name for path in demo.folder.iterdir()} - {"demo.out", "demo.err"}
    assert (left, [path.name for path in (demo.folder / "data").iterdir()]) == ({"data"}, ["demo"])


async def test_it_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """With --keep what was accepted before is still accepted; the printed token is a new one that works."""
    program = Program(tmp_path, "demo", "gateway", "demo", "--keep", "--port", str(free_port()))
    try:
        program.start()
        await program.said(LAST, program.out)
        accepted = (await pasted(lines(program)[1]))["booking"]["uid"]
        program.tell(signal.SIGTERM)
        assert await program.ended(10) == 0
        program.start()
        await program.said(LAST, program.out, times=2)
        listing = next(line for line in reversed(lines(program)) if "status=pending" in line)
        told = await pasted(listing.replace("status=pending", "status=accepted"))
        assert [one["uid"] for one in told["items"]] == [accepted]
    finally:
        await program.close()
