"""`python -m gateway.sandbox`: the sandbox as its own process, on loopback unless told otherwise.

Prints one line with the address of the API when it can be called; stops on Ctrl-C and on SIGTERM. A scenario is
played once it can be called; one with mistakes is not begun, and each of them is told (exit code 3).
"""

import argparse
import asyncio
import contextlib
import signal
import sys

from gateway.sandbox.app import DEMO_KEY, build
from gateway.sandbox.demo import demo_world
from gateway.sandbox.scenario import Mistaken, Scenario, find, play, read
from gateway.sandbox.serve import serve
from gateway.sandbox.stage import Stage

WRONG_SCENARIO = 3


def main(argv: list[str] | None = None) -> None:
    """Read the arguments and serve."""
    given = _arguments().parse_args(argv)
    try:
        scenario = read(find(given.scenario)) if given.scenario else None
    except Mistaken as error:
        _say(error)
        sys.exit(WRONG_SCENARIO)
    with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
        asyncio.run(_run(given, scenario))


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m gateway.sandbox", description="A small Cal.com to rehearse against."
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="the control routes ask for no key: keep to loopback"
    )
    parser.add_argument("--port", type=int, default=5555, help="0 takes a free one")
    parser.add_argument("--hook", metavar="URL", help="where the webhooks go")
    parser.add_argument("--secret", help="what the webhooks are signed with")
    parser.add_argument("--key", default=DEMO_KEY, help="the key that may act for every mentor")
    parser.add_argument("--confirm-delay", type=float, default=0.2, metavar="SECONDS")
    parser.add_argument("--scenario", metavar="FILE", help="what to play; the name of an example will do")
    return parser


async def _run(given: argparse.Namespace, scenario: Scenario | None) -> None:
    world = demo_world(given.key, given.hook, given.secret)
    world.settings.confirm_delay = given.confirm_delay
    app = build(world)
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    played: list[asyncio.Task[None]] = []

    def ready(address: str) -> None:
        _announce(address)
        if scenario is not None:
            played.append(asyncio.ensure_future(_play(app.state.stage, scenario)))

    await serve(app, given.host, given.port, ready)


async def _play(stage: Stage, scenario: Scenario) -> None:
    """Play it; what goes wrong in the middle is told, and what came before it can be looked at."""
    try:
        await play(stage, scenario)
    except Mistaken as error:
        _say(error)


def _say(error: Mistaken) -> None:
    sys.stderr.writelines(f"{mistake}\n" for mistake in error.mistakes)
    sys.stderr.flush()


def _announce(address: str) -> None:
    sys.stdout.write(f"{address}/v2\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
