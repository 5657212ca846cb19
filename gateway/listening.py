"""Answering on a socket until told to stop: uvicorn as this program wants it.

What is answered is built elsewhere (`app.py`, the demo); here are limits, signals and the last ten seconds.
"""

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
import uvicorn
from starlette.applications import Starlette

from gateway import __version__

MOST_CONNECTIONS = 4096
GRACE_SECONDS = 10
log = structlog.get_logger()


async def listen(app: Starlette, host: str, port: int, ready: Callable[[], object] = lambda: None) -> None:
    """Answer on a socket until SIGTERM or SIGINT; `ready` is called when the socket listens.

    `app.state.hush` is called before the last ten seconds begin.

    Raises OSError when the address is taken.
    """
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = Server(config, app.state.hush)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    listener = socket.create_server((host, port), family=_family(host), backlog=config.backlog)
    # What is accepted inherits it; without it an answer on a kept connection waits some 40 ms for an ACK.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    log.info("service.started", version=__version__, host=host, port=listener.getsockname()[1])
    ready()
    await server.serve([listener])
    log.info("service.stopped")


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


class Server(uvicorn.Server):
    """uvicorn without its signal handlers: they would end the process by the signal, and a stop is no failure.

    `hush` ends what would otherwise wait for news: streams, and whoever prefers to wait.
    """

    def __init__(self, config: uvicorn.Config, hush: Callable[[], object]) -> None:
        super().__init__(config)
        self._hush = hush

    def stop(self) -> None:
        """Stop gracefully; asked a second time, at once."""
        self._hush()
        self.force_exit = self.should_exit
        self.should_exit = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to `listen`."""
        yield
