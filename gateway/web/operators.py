"""What operators ask: is it alive, is it ready, and what became of each delivery."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway import __version__
from gateway.domain.errors import Invalid, NotFound, StorageUnavailable
from gateway.ports import Store
from gateway.services.intake import Intake
from gateway.web import shapes
from gateway.web.door import PRIVATE, Door

VERDICTS = ("applied", "unchanged", "stale", "ignored", "unread")
MOST = 100
REMEMBERED = timedelta(seconds=1)
NO_STORE = {"Cache-Control": "no-store"}


@dataclass(slots=True)
class Operators:
    """Doors for those who run the gateway. `working` says whether the worker's loops are alive."""

    door: Door
    store: Store
    intake: Intake
    account: str
    working: Callable[[], bool]
    _written: tuple[datetime, bool] | None = None

    async def alive(self, request: Request) -> Response:
        """The process answers."""
        del request
        return JSONResponse({"ok": True, "version": __version__}, headers=NO_STORE)

    async def ready(self, request: Request) -> Response:
        """The store can be written and the worker runs; Cal.com's health is not asked."""
        del request
        writable = await self._writable()
        checks = {"store": writable, "worker": self.working()}
        ok = all(checks.values())
        return JSONResponse({"ok": ok, **checks}, 200 if ok else 503, NO_STORE)

    async def _writable(self) -> bool:
        """Whether the store takes a mark. Asked of the store once a second at most: nobody needs a token here."""
        now = self.door.clock()
        if self._written is None or abs(now - self._written[0]) >= REMEMBERED:
            try:
                await self.store.write(self.account, lambda ledger: ledger.beat())
                self._written = (now, True)
            except StorageUnavailable:
                self._written = (now, False)
        return self._written[1]

    async def deliveries(self, request: Request) -> Response:
        """`{"items", "next_cursor"}`, newest first."""
        caller = self.door.operator(request)
        verdict, before, limit = _page(request)
        listed = await self.store.read(
            caller.account, lambda ledger: ledger.deliveries(verdict, before, limit + 1)
        )
        items = [shapes.delivery(one) for one in listed[:limit]]
        more = str(listed[limit - 1].id) if len(listed) > limit else None
        return JSONResponse({"items": items, "next_cursor": more}, headers=PRIVATE)

    async def delivery(self, request: Request) -> Response:
        """One delivery with its headers and its redacted body, as text."""
        caller = self.door.operator(request)
        number = _number(request)
        judged = await self.store.read(caller.account, lambda ledger: ledger.delivery(number))
        if judged is None:
            raise NotFound
        body = judged.delivery.body
        more = {
            "headers": dict(judged.delivery.headers),
            "body": body.decode(errors="replace") if body is not None else None,
        }
        return JSONResponse(shapes.delivery(judged) | more, headers=PRIVATE)

    async def retry(self, request: Request) -> Response:
        """Read a kept delivery again: `{"delivery", "verdict"}`."""
        caller = self.door.operator(request)
        receipt = await self.intake.retry(caller.account, _number(request))
        return JSONResponse({"delivery": receipt.delivery, "verdict": receipt.verdict}, headers=PRIVATE)


def _page(request: Request) -> tuple[str | None, int | None, int]:
    given = request.query_params
    known = ("verdict", "limit", "cursor")
    wrong = [name for name in given if name not in known or len(given.getlist(name)) > 1]
    verdict, limit, before = given.get("verdict"), given.get("limit", "25"), given.get("cursor")
    if verdict is not None and verdict not in VERDICTS:
        wrong.append("verdict")
    if not (limit.isascii() and limit.isdigit() and len(limit) < 4 and 1 <= int(limit) <= MOST):
        wrong.append("limit")
    if before is not None and not (before.isascii() and before.isdigit() and len(before) < 19):
        wrong.append("cursor")
    if wrong:
        raise Invalid(errors=[{"field": name, "detail": "is not understood"} for name in wrong])
    return verdict, int(before) if before else None, int(limit)


def _number(request: Request) -> int:
    given = request.path_params["id"]
    if not (given.isascii() and given.isdigit() and len(given) < 19):
        raise NotFound
    return int(given)
