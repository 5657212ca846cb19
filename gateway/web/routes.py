"""EVERY URL THE GATEWAY ANSWERS, one per line."""

from dataclasses import dataclass

from starlette.routing import Route

from gateway.web.bookings import Bookings
from gateway.web.commands import Commands
from gateway.web.hooks import Hooks
from gateway.web.operators import Operators
from gateway.web.pages import Pages
from gateway.web.stream import Changes
from gateway.web.upkeep import Upkeep


@dataclass(frozen=True, slots=True)
class Doors:
    """The groups of endpoints."""

    hooks: Hooks
    bookings: Bookings
    changes: Changes
    commands: Commands
    operators: Operators
    upkeep: Upkeep
    pages: Pages


# fmt: off
def table(doors: Doors) -> list[Route]:
    """The one list of routes."""
    return [
        Route("/webhooks/calcom",               doors.hooks.receive,        methods=["POST"]),
        Route("/v1/bookings",                   doors.bookings.page,        methods=["GET"]),
        Route("/v1/bookings/{uid}",             doors.bookings.one,         methods=["GET"]),
        Route("/v1/bookings/{uid}/timeline",    doors.bookings.timeline,    methods=["GET"]),
        Route("/v1/bookings/{uid}/accept",      doors.commands.accept,      methods=["POST"]),
        Route("/v1/bookings/{uid}/reject",      doors.commands.reject,      methods=["POST"]),
        Route("/v1/changes",                    doors.changes.read,         methods=["GET"]),
        Route("/v1/reasons",                    doors.bookings.reasons,     methods=["GET"]),
        Route("/v1/commands/{id}",              doors.commands.either,      methods=["GET", "DELETE"]),
        Route("/v1/deliveries",                 doors.operators.deliveries, methods=["GET"]),
        Route("/v1/deliveries/{id}",            doors.operators.delivery,   methods=["GET"]),
        Route("/v1/deliveries/{id}/retry",      doors.operators.retry,      methods=["POST"]),
        Route("/v1/reconcile",                  doors.upkeep.either,        methods=["GET", "POST"]),
        Route("/v1/checkup",                    doors.upkeep.checkup,       methods=["GET"]),
        Route("/livez",                         doors.operators.alive,      methods=["GET"]),
        Route("/readyz",                        doors.operators.ready,      methods=["GET"]),
        Route("/openapi.json",                  doors.pages.openapi,        methods=["GET"]),
        Route("/docs",                          doors.pages.docs,           methods=["GET"]),
        Route("/problems",                      doors.pages.problems,       methods=["GET"]),
        Route("/problems/{code}",               doors.pages.problem,        methods=["GET"]),
        Route("/static/{folder}/{file}",        doors.pages.static,         methods=["GET"]),
    ]
# fmt: on
