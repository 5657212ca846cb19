"""Serving the sandbox on a socket, until cancelled.

The uvicorn protocol is taught one thing more: to hang up without an answer; and the server, not to listen while the
door is shut. Signals are left to whoever runs this, because it may share its process with the gateway.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gateway.sandbox.door import Door
from gateway.sandbox.spoils import HANG_UP


class _HangsUp(HttpToolsProtocol):
    """Offers every request a way to close its connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        app = self.app

        async def offering(scope: Any, receive: Any, send: Any) -> None:
            await app({**scope, "extensions": {HANG_UP: self.transport.close}}, receive, send)

        self.app = offering


class _Server(uvicorn.Server):
    """A server that leaves the process's signals alone, and listens only while the door is open."""

    def __init__(self, config: uvicorn.Config, door: Door) -> None:
        super().__init__(config)
        self._door = door

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        self._minding = asyncio.ensure_future(self._mind())

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop, whether it listens or not."""
        self._minding.cancel()
        await asyncio.wait([self._minding])
        await super().shutdown(sockets)

    async def _mind(self) -> None:
        while True:
            await self._door.shutting()
            silent = await self._fall_silent()
            await self._door.opening()
            await silent.start_serving()

    async def _fall_silent(self) -> asyncio.Server:
        """Close the socket, and every connection once it has its answer; the new socket has the port and does not listen."""
        [former] = self.servers
        address = former.sockets[0].getsockname()
        former.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        bound = socket.socket()
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        silent = await asyncio.get_running_loop().create_server(
            self._protocol, sock=bound, start_serving=False
        )
        self.servers = [silent]
        return silent

    def _protocol(self) -> _HangsUp:
        return _HangsUp(self.config, self.server_state, self.lifespan.state)


def address_of(listener: socket.socket) -> str:
    """Tell where that socket can be reached."""
    host, port = listener.getsockname()[:2]
    return f"http://{host}:{port}"


async def serve(
    app: Starlette, host: str = "127.0.0.1", port: int = 5555, ready: Callable[[str], object] | None = None
) -> None:
    """Serve until cancelled, then close properly. `port` 0 takes a free one; `ready` gets the address.

    Raises OSError when the address is taken.
    """
    listener = socket.create_server((host, port))
    config = uvicorn.Config(
        app,
        http=_HangsUp,
        lifespan="on",
        access_log=False,
        server_header=False,
        log_config=None,  # the gateway may share this process, and its logging
        timeout_graceful_shutdown=1,
    )
    server = _Server(config, app.state.stage.moods.door)
    running = asyncio.ensure_future(server.serve([listener]))
    if ready is not None:
        # The socket listens already: whoever connects now is served as soon as the server runs.
        ready(address_of(listener))
    try:
        await asyncio.shield(running)
    finally:
        app.state.stage.moods.clear()
        server.should_exit = True
        await running
