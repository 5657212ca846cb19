"""What commands show on a terminal: tables on standard output, progress on standard error.

Shapes values that others have found; finds nothing and decides nothing. With `--json` the commands print
the plain values made here instead.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from gateway.replay import Report, Sent
from gateway.services.explain import Explanation
from gateway.web import shapes

UNWATCHED = 200
"""How wide a table may be that goes to a file or another program."""

Json = dict[str, Any]


class Bar:
    """A progress bar: one step at a time, or as far as somebody says."""

    def __init__(self, progress: Progress, task: Any) -> None:
        self._progress, self._task = progress, task

    def step(self, _: object = None) -> None:
        """One more is done."""
        self._progress.advance(self._task)

    def at(self, done: int, total: int | None) -> None:
        """So many of so many are done; of how many may not be known."""
        self._progress.update(self._task, completed=done, total=total)


@contextmanager
def bar(label: str, total: int | None = None) -> Iterator[Bar]:
    """A progress bar while the context lasts; nothing where standard error is no terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield Bar(progress, progress.add_task(label, total=total))


def table(title: str, columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    """Print a table; texts stand as they are, whatever brackets are in them, and whole where nobody watches."""
    say(f"\n{title}")
    shown = Table(*columns, box=SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        shown.add_row(*("" if cell is None else escape(_cell(cell)) for cell in row))
    Console(width=None if sys.stdout.isatty() else UNWATCHED).print(shown)


def say(line: str) -> None:
    """Print a line."""
    Console().print(line, markup=False, highlight=False, soft_wrap=True)


def replayed(report: Report) -> None:
    """Print what became of a replay's deliveries, and which were refused."""
    table(
        f"{len(report.sent)} deliveries in {report.seconds:.1f} s",
        ("verdict", "count"),
        report.counts.items(),
    )
    failed = [one for one in report.sent if not one.verdict]
    if failed:
        table("not taken", ("delivery", "why"), ((one.name, _why(one)) for one in failed))


def replay_json(report: Report) -> Json:
    """A replay's report as plain values."""
    failed = [
        {"name": one.name, "status": one.status, "problem": one.problem}
        for one in report.sent
        if not one.verdict
    ]
    return {
        "sent": sum(one.status is not None for one in report.sent),
        "counts": dict(report.counts),
        "failed": failed,
        "seconds": round(report.seconds, 3),
    }


def explained(told: Explanation) -> None:
    """Print everything about one booking."""
    about = explanation_json(told)
    mirror = about["mirror"]
    say(f"{told.uid}: " + (f"{mirror['status']}, {mirror['title']}" if mirror else "not mirrored"))
    _listed("timeline", about["timeline"], ("at", "event", "before", "after", "channel", "by"))
    _listed("deliveries", about["deliveries"], ("id", "received_at", "trigger", "verdict", "reason", "size"))
    _listed(
        "commands",
        about["commands"],
        ("id", "action", "state", "attempts", "created_at", "settled_at", "error"),
    )
    calcom = about["calcom"]
    if not calcom["answered"]:
        say(f"\nCal.com's present state is not known: {calcom['why']}.")
    else:
        say(f"\nCal.com says {calcom['status']}, last changed {calcom['at']}.")
    if about["differences"]:
        _listed("differences", about["differences"], ("field", "mirror", "calcom"))
    elif calcom["answered"]:
        say("The mirror says the same, field by field.")


def explanation_json(told: Explanation) -> Json:
    """An explanation as plain values."""
    kept, present = told.kept, told.present
    return {
        "uid": told.uid,
        "mirror": shapes.booking(kept.view) if kept.view else None,
        "timeline": [shapes.line(one) for one in kept.timeline],
        "deliveries": [shapes.delivery(one) for one in kept.deliveries],
        "commands": [shapes.command(one) for one in kept.commands],
        "calcom": {
            "answered": present is not None,
            "why": told.silence,
            "status": present.status if present else None,
            "at": shapes.time(present.at) if present else None,
        },
        "differences": [
            {"field": one.field, "mirror": _value(one.mirror), "calcom": _value(one.calcom)}
            for one in told.differences
        ],
    }


def compared(told: Json) -> None:
    """Print how a comparison with Cal.com went."""
    say(
        f"{told['state']}: {told['rows']} rows read, {told['repaired']} bookings changed, "
        f"{told['asked']} looked at one by one" + (f" ({told['error']})" if told["error"] else "")
    )
    if told["failed"]:
        say(f"{told['failed']} rows could not be mirrored; the log says why.")


def checkup(checks: Iterable[Json]) -> None:
    """Print doctor's questions and answers, and a remedy where one is needed."""
    for one in checks:
        say(f"{one['level']:>4}  {one['question']} {one['answer']}")
        if one["remedy"] and one["level"] != "ok":
            say(f"      {one['remedy']}")


def settings(values: Mapping[str, Any], origins: Mapping[str, str]) -> None:
    """Print settings and where each comes from."""
    table(
        "",
        ("setting", "value", "from"),
        ((name, _found(values, name), told) for name, told in origins.items()),
    )


def _found(values: Any, name: str) -> Any:
    for step in name.split("."):
        values = values[step]
    return values


def _listed(title: str, items: list[Json], columns: tuple[str, ...]) -> None:
    if items:
        table(title, columns, ([one[column] for column in columns] for one in items))
    else:
        say(f"\nno {title}")


def _why(one: Sent) -> str:
    return one.problem or f"refused with {one.status}"


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_cell(below)}" for key, below in value.items() if below is not None)
    if isinstance(value, list):
        return ", ".join(map(_cell, value))
    return str(value)


def _value(value: Any) -> Any:
    return shapes.time(value) if isinstance(value, datetime) else value
