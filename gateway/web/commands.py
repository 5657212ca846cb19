"""POST …/accept and …/reject, and the commands they become: read strictly, answered with what is known by then."""

import json
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.domain.booking import Status
from gateway.domain.command import Action, State
from gateway.domain.errors import GatewayError, Invalid
from gateway.domain.people import Caller
from gateway.domain.rules import Reason, reason
from gateway.services.desk import Desk, Settled
from gateway.services.submit import Wish
from gateway.web import shapes
from gateway.web.bookings import Look
from gateway.web.door import PRIVATE, Door, fields, object_of
from gateway.web.limits import Limiter

MOST_KEY = 200
NO_REASON = Reason(None, None, None)
OVERTAKEN = {Status.ACCEPTED: "already-decided", Status.REJECTED: "already-decided"}


@dataclass(frozen=True, slots=True)
class Commands:
    """The acting doors. `labels` are the reasons for a rejection: code → label."""

    door: Door
    desk: Desk
    look: Look
    labels: dict[str, str]
    limit: Limiter

    async def accept(self, request: Request) -> Response:
        """`{"override"?: bool}` → the command, done or on its way."""
        caller = self._acting(request)
        given = await object_of(request)
        said = fields(given, {"override": bool})
        wish = _wish(request, given, Action.ACCEPT, NO_REASON)
        settled = await self.desk.act(caller, replace(wish, override=said.get("override", False)))
        return self._answer(settled, caller)

    async def reject(self, request: Request) -> Response:
        """`{"reason_code", "reason"?}` → the command, done or on its way."""
        caller = self._acting(request)
        given = await object_of(request)
        said = fields(given, {"reason_code": str, "reason": str})
        why = reason(self.labels, said.get("reason_code"), said.get("reason"))
        return self._answer(await self.desk.act(caller, _wish(request, given, Action.REJECT, why)), caller)

    async def either(self, request: Request) -> Response:
        """One route for both methods, so that a third is told of both."""
        return await (self.withdraw(request) if request.method == "DELETE" else self.one(request))

    async def one(self, request: Request) -> Response:
        """A command as it stands. It has no ETag: attempts are no news to a reader of bookings."""
        caller = self.door.caller(request)
        command, _ = await self.door.portal.command(caller, request.path_params["id"])
        return JSONResponse(shapes.command(command), headers=PRIVATE)

    async def withdraw(self, request: Request) -> Response:
        """Take a command back before it is sent."""
        caller = self._acting(request)
        settled = await self.desk.withdraw(caller, request.path_params["id"])
        return JSONResponse(self._body(settled, caller), headers=PRIVATE)

    def _acting(self, request: Request) -> Caller:
        caller = self.door.caller(request)
        if caller.email is not None:  # a portal's backend that names nobody acts for many
            self.limit.count(f"{caller.account} {caller.name}", self.door.clock())
        return caller

    def _answer(self, settled: Settled, caller: Caller) -> Response:
        """200 when done, 202 while open; what ended otherwise while its caller waited is a problem."""
        state, body = settled.command.state, self._body(settled, caller)
        if settled.fresh and state in (State.OVERTAKEN, State.WITHDRAWN):
            code = OVERTAKEN.get(settled.view.held.booking.status, "not-pending")
            raise GatewayError("The booking had moved on; nothing was changed.", code=code, **body)
        if settled.fresh and state is State.FAILED:
            raise GatewayError("Cal.com did not carry this out.", code="calcom-refused", **body)
        if not settled.command.open:
            return JSONResponse(body, headers=PRIVATE)
        return JSONResponse(body, 202, headers={**PRIVATE, "Location": f"/v1/commands/{settled.command.id}"})

    def _body(self, settled: Settled, caller: Caller) -> shapes.Json:
        body: shapes.Json = {
            "command": shapes.command(settled.command),
            "booking": self.look.booking(settled.view, caller),
        }
        return body | {"affects": list(settled.affects)} if settled.affects else body


def _wish(request: Request, given: dict[str, Any], action: Action, why: Reason) -> Wish:
    uid, key = request.path_params["uid"], _key(request)
    return Wish(uid, action, why, key=key, fingerprint=_fingerprint(request, given))


def _key(request: Request) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is not None and not (0 < len(key) <= MOST_KEY):
        raise Invalid(
            errors=[{"field": "Idempotency-Key", "detail": f"should have 1 to {MOST_KEY} characters"}]
        )
    return key


def _fingerprint(request: Request, given: dict[str, Any]) -> str:
    """Method, path and canonical body: what must be the same for the same key."""
    canonical = json.dumps(given, sort_keys=True, separators=(",", ":"))
    return sha256(f"{request.method} {request.url.path} {canonical}".encode()).hexdigest()
