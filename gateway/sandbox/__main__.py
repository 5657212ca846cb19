"""`python -m gateway.sandbox`: the sandbox as its own process, on loopback unless told otherwise.

Prints one line with the address of the API when it can be called; stops on Ctrl-C and on SIGTERM.
"""

import argparse
import asyncio
import contextlib
import signal
import sys

from gateway.sandbox.app import DEMO_KEY, build
from gateway.sandbox.demo import demo_world
from gateway.sandbox.serve import serve


def main(argv: list[str] | None = None) -> None:
    """Read the arguments and serve."""
    with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
        asyncio.run(_run(_arguments().parse_args(argv)))


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
    return parser


async def _run(given: argparse.Namespace) -> None:
    world = demo_world(given.key, given.hook, given.secret)
    world.settings.confirm_delay = given.confirm_delay
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    await serve(build(world), given.host, given.port, _announce)


def _announce(address: str) -> None:
    sys.stdout.write(f"{address}/v2\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
