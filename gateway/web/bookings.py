"""GET /v1/bookings, one booking, its timeline, the reasons: what the portal polls.

The caller's ETag is compared before any row is read. What a caller may see is `shapes.py`'s affair.
"""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from gateway.domain.people import Caller
from gateway.domain.sight import attendee_key
from gateway.domain.times import millis
from gateway.ports import Ledger
from gateway.records import Query
from gateway.services.callers import host_filter
from gateway.services.portal import View
from gateway.web import query, shapes
from gateway.web.door import Door


@dataclass(frozen=True, slots=True)
class Look:
    """The settings that shape what is shown."""

    hide_host_email: bool
    late_hours: int
    reasons: dict[str, list[dict[str, str]]]

    def booking(self, view: View, caller: Caller) -> shapes.Json:
        """A booking as this caller may see it."""
        return shapes.booking(
            view, hide_host_email=self.hide_host_email, late_hours=self.late_hours, me=caller.email
        )


@dataclass(frozen=True, slots=True)
class Bookings:
    """The reading doors."""

    door: Door
    look: Look

    async def page(self, request: Request) -> Response:
        """`{"items", "count", "next_cursor", "seq"}`, all from one snapshot."""
        caller = self.door.caller(request)
        asked = query.read(request.query_params.multi_items())
        same = await self.door.unchanged(request, caller)
        if same is not None:
            return same

        def ask(ledger: Ledger, mine: tuple[str, ...]) -> Query:
            host = host_filter(ledger, asked.host, self.door.portal.directory) if asked.host else None
            attendee = (attendee_key(asked.attendee),) if asked.attendee else None
            return query.ready(asked, mine, host, attendee)

        page = await self.door.portal.page(caller, ask)
        items = [self.look.booking(view, caller) for view in page.views]
        more = _cursor(asked, page.views[-1]) if page.more else None
        return self.door.answer(
            {"items": items, "count": page.count, "next_cursor": more, "seq": page.seq}, page.seq
        )

    async def one(self, request: Request) -> Response:
        """One Booking."""
        caller, uid = self.door.caller(request), request.path_params["uid"]
        found = await self.door.current(request, caller, lambda: self.door.portal.one(caller, uid))
        if isinstance(found, Response):
            return found
        return self.door.answer(self.look.booking(found[0], caller), found[1])

    async def timeline(self, request: Request) -> Response:
        """`{"items": […]}`, oldest first."""
        caller, uid = self.door.caller(request), request.path_params["uid"]
        found = await self.door.current(request, caller, lambda: self.door.portal.timeline(caller, uid))
        if isinstance(found, Response):
            return found
        return self.door.answer({"items": [shapes.line(one) for one in found[0]]}, found[1])

    async def reasons(self, request: Request) -> Response:
        """`{"reject": [{"code", "label"}], "cancel": […]}`, from the settings."""
        caller = self.door.caller(request)
        same = await self.door.unchanged(request, caller)
        return same or self.door.answer(self.look.reasons, await self.door.portal.standing(caller))


def _cursor(asked: query.Filter, last: View) -> str:
    held, start = last.held, last.held.booking.facts.start
    place = held.seq if asked.query.sort == "-updated" or start is None else millis(start)
    return query.cursor(asked, place, held.booking.uid)
