"""EVERY URL THE GATEWAY ANSWERS, one per line."""

from starlette.routing import Route

from gateway.web.bookings import Bookings
from gateway.web.commands import Commands
from gateway.web.hooks import Hooks
from gateway.web.operators import Operators
from gateway.web.pages import Pages
from gateway.web.upkeep import Upkeep


# fmt: off
def table(
    hooks: Hooks, bookings: Bookings, commands: Commands, operators: Operators, upkeep: Upkeep, pages: Pages
) -> list[Route]:
    """The one list of routes."""
    return [
        Route("/webhooks/calcom",               hooks.receive,        methods=["POST"]),
        Route("/v1/bookings",                   bookings.page,        methods=["GET"]),
        Route("/v1/bookings/{uid}",             bookings.one,         methods=["GET"]),
        Route("/v1/bookings/{uid}/timeline",    bookings.timeline,    methods=["GET"]),
        Route("/v1/bookings/{uid}/accept",      commands.accept,      methods=["POST"]),
        Route("/v1/bookings/{uid}/reject",      commands.reject,      methods=["POST"]),
        Route("/v1/reasons",                    bookings.reasons,     methods=["GET"]),
        Route("/v1/commands/{id}",              commands.either,      methods=["GET", "DELETE"]),
        Route("/v1/deliveries",                 operators.deliveries, methods=["GET"]),
        Route("/v1/deliveries/{id}",            operators.delivery,   methods=["GET"]),
        Route("/v1/deliveries/{id}/retry",      operators.retry,      methods=["POST"]),
        Route("/v1/reconcile",                  upkeep.either,        methods=["GET", "POST"]),
        Route("/v1/checkup",                    upkeep.checkup,       methods=["GET"]),
        Route("/livez",                         operators.alive,      methods=["GET"]),
        Route("/readyz",                        operators.ready,      methods=["GET"]),
        Route("/openapi.json",                  pages.openapi,        methods=["GET"]),
        Route("/docs",                          pages.docs,           methods=["GET"]),
        Route("/problems",                      pages.problems,       methods=["GET"]),
        Route("/problems/{code}",               pages.problem,        methods=["GET"]),
        Route("/static/{folder}/{file}",        pages.static,         methods=["GET"]),
    ]
# fmt: on
