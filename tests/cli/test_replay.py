"""`gateway replay` against a real gateway: what is counted, what is refused, in which order."""

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from gateway import fixtures, replay
from gateway.http import httpx
from tests.cli.conftest import Run
from tests.process.programs import Served
from tests.stories import cast

RECORDED = Path(__file__).parents[1] / "fixtures" / "webhooks"
OPERATOR = {"Authorization": f"Bearer {cast.OPERATOR}"}


def hook(served: Served) -> str:
    """Where a gateway takes webhooks."""
    return f"{served.address}/webhooks/calcom"


def listed(served: Served) -> dict[str, str]:
    """Every stored delivery's digest and verdict."""
    found: dict[str, str] = {}
    cursor: str | None = ""
    with httpx.Client(base_url=served.address, headers=OPERATOR, trust_env=False) as http:
        while cursor is not None:
            asked = {"limit": "100"} | ({"cursor": cursor} if cursor else {})
            page = http.get("/v1/deliveries", params=asked).json()
            found |= {one["digest"]: one["verdict"] for one in page["items"]}
            cursor = page["next_cursor"]
    return found


def copied(folder: Path, count: int) -> Path:
    """A folder with so many recorded deliveries."""
    fixtures.write(folder, fixtures.read([RECORDED])[:count])
    return folder


def test_the_table_is_the_store(run: Run, served: Served, tmp_path: Path) -> None:
    """After a hundred deliveries the counts are those of what was stored, beside the repeats."""
    before = listed(served)
    result = run("replay", copied(tmp_path, 100), "--url", hook(served), "--secret", cast.SECRET, "--json")
    counts = json.loads(result.stdout)["counts"]
    new = [verdict for digest, verdict in listed(served).items() if digest not in before]
    assert (result.exit_code, sum(counts.values())) == (0, 100)
    counts.pop("duplicate", None)
    assert counts == {verdict: new.count(verdict) for verdict in set(new)}


def test_the_secret_of_the_settings(run: Run, served: Served, tmp_path: Path) -> None:
    """Without --secret the first of the settings' secrets signs."""
    told = {"GATEWAY_WEBHOOK__SECRETS": json.dumps([cast.SECRET, "another"])}
    assert run("replay", copied(tmp_path, 2), "--url", hook(served), **told).exit_code == 0


def test_no_secret(run: Run, tmp_path: Path) -> None:
    """Nothing to sign with is a wrong setting."""
    result = run("replay", copied(tmp_path, 1))
    assert (result.exit_code, len(result.stderr.splitlines())) == (3, 1)


def test_a_refusal(run: Run, served: Served, tmp_path: Path) -> None:
    """A delivery that is not taken is named, and the exit code is 1."""
    result = run("replay", copied(tmp_path, 2), "--url", hook(served), "--secret", "wrong")
    assert result.exit_code == 1
    assert "refused (401)" in result.stdout
    assert "01-a-accepted-BOOKING_REQUESTED" in result.stdout


def test_nobody_there(run: Run, tmp_path: Path) -> None:
    """Where nobody answers nothing counts as sent, and the exit code is 1."""
    result = run("replay", copied(tmp_path, 3), "--url", "http://127.0.0.1:1", "--secret", "x", "--json")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["sent"], told["counts"]) == (1, 0, {"not sent": 3})


@pytest.mark.parametrize("path", [".", "missing.body"])
def test_nothing_to_send(run: Run, tmp_path: Path, path: str) -> None:
    """A folder without deliveries, or a file that is none: one line and exit code 1."""
    result = run("replay", tmp_path / path, "--secret", "x")
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)


def test_one_file(tmp_path: Path) -> None:
    """A delivery may be named by either of its files."""
    copied(tmp_path, 1)
    names = [[one.name for one in fixtures.read([path])] for path in tmp_path.iterdir()]
    assert names == [["01-a-accepted-BOOKING_REQUESTED"]] * 2


def test_numbers_are_numbers(tmp_path: Path) -> None:
    """The hundredth comes after the ninety-ninth."""
    for name in ("100-x", "99-x", "9-x"):
        (tmp_path / f"{name}.body").write_bytes(b"{}")
    assert [one.name for one in fixtures.read([tmp_path])] == ["9-x", "99-x", "100-x"]


def test_moved_dates(run: Run, served: Served, tmp_path: Path) -> None:
    """Shifted, the request of long ago is a request for a time to come."""
    old = fixtures.read([RECORDED / "01-a-accepted-BOOKING_REQUESTED.body"])[0]
    body = old.body.replace(b"2027-03-", b"2021-03-").replace(b"LEnNNhLs64j5xbB5WtDacf", b"movedDates")
    fixtures.write(tmp_path, [replace(old, body=body)])
    run("replay", tmp_path, "--url", hook(served), "--secret", cast.SECRET, "--shift-dates")
    with httpx.Client(base_url=served.address, headers=OPERATOR, trust_env=False) as http:
        told = http.get("/v1/bookings/movedDates").json()
    start = datetime.fromisoformat(told["start"])
    assert (told["status"], start.strftime("%A %H:%M")) == ("pending", "Thursday 08:00")


def timed(*seconds: int) -> list[fixtures.Fixture]:
    """Deliveries that came so many seconds after noon."""
    return [
        fixtures.Fixture(f"{n}", {replay.RECEIVED: f"2027-03-01T12:00:{second:02d}Z"}, b"")
        for n, second in enumerate(seconds)
    ]


def test_speed_keeps_the_distances() -> None:
    """Ten times as fast, what came 20 s later leaves 2 s later; an earlier time waits for nothing."""
    assert replay.departures(timed(0, 20, 10, 30), None, 10) == [0, 2, 2, 3]


def test_rate_is_the_most() -> None:
    """Two a second leave half a second apart, whatever was recorded."""
    assert replay.departures(timed(0, 0, 1), 2, 100) == [0, 0.5, 1]


def test_without_either_all_at_once() -> None:
    """Nothing waits."""
    assert replay.departures(timed(0, 20), None, None) == [0, 0]


def test_what_belongs_together() -> None:
    """A booking and the one it was moved to are one conversation; another booking is another."""
    told = {one.name: one for one in fixtures.read([RECORDED])}
    names = [name for name in told if "-d-moved-by-attendee-" in name or "-c-withdrawn-" in name]
    rooms = dict(zip(names, replay.conversations([told[name] for name in names]), strict=True))
    moved = {room for name, room in rooms.items() if "-d-moved-" in name}
    withdrawn = {room for name, room in rooms.items() if "-c-" in name}
    assert (len(moved), len(withdrawn), moved & withdrawn) == (1, 1, set())
