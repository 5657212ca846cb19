"""Commands that run until they are stopped: the service, its rehearsal, and the stand-in Cal.com."""

from typing import Annotated

import typer

from gateway import demo as rehearsal
from gateway import telemetry
from gateway.app import serve as service
from gateway.cli.manners import Config, complain, run, settled
from gateway.sandbox.__main__ import main as stand_in
from gateway.settings import for_serving

Host = Annotated[str, typer.Option(help="address to listen on")]
Port = Annotated[int, typer.Option(help="port to listen on", min=0, max=65535)]
Keep = Annotated[
    bool, typer.Option("--keep", help="go on with the last demo's bookings, and keep this one's")
]


def serve(host: Host = "127.0.0.1", port: Port = 8000, config: Config = None) -> None:
    """Run the service against Cal.com, with the settings of the file and the environment."""
    settings = settled(config)
    complain(for_serving(settings))
    run(lambda: service(settings, host, port))


def demo(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    keep: Keep = False,
) -> None:
    """Rehearse without an account: a stand-in Cal.com, the service, and a few requests."""
    telemetry.configure()
    run(lambda: rehearsal.run(host, port, keep=keep))


def sandbox(
    host: Annotated[
        str, typer.Option(help="its control routes ask for no key: keep to loopback")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="port to listen on; 0 takes a free one", min=0, max=65535)] = 5555,
    hook: Annotated[str | None, typer.Option(metavar="URL", help="where the webhooks go")] = None,
    secret: Annotated[str | None, typer.Option(help="what the webhooks are signed with")] = None,
    key: Annotated[str | None, typer.Option(help="the key that may act for every mentor")] = None,
    confirm_delay: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="how long a confirm takes", min=0)
    ] = None,
    scenario: Annotated[
        str | None, typer.Option(metavar="FILE", help="what to play; the name of an example will do")
    ] = None,
) -> None:
    """Run the stand-in Cal.com alone; it prints the address of its API."""
    given = {
        "host": host, "port": port, "hook": hook, "secret": secret, "key": key,
        "confirm-delay": confirm_delay, "scenario": scenario,
    }  # fmt: skip
    stand_in([f"--{name}={value}" for name, value in given.items() if value is not None])
