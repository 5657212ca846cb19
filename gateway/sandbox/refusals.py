"""How Cal.com says no: the envelope most errors come in, and the bare shape of its internal ones.

The texts are Cal.com's own (apps/api/v2/src/filters, errors.service.ts, throttler-guard.ts; release 6.0.2):
clients are known to read them. Who is refused is decided elsewhere. One refusal is the sandbox's own: `left_out`.
"""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

from gateway.sandbox.times import millis

GENERIC = "Bad request: Please check your request data and try again"
NOT_AUTHORISED = "You are not authorized to access this resource"
NO_AUTHENTICATION = (
    "PermissionsGuard - no authentication provided. Provide either authorization bearer token containing "
    "managed user access token or oAuth client id in 'x-cal-client-id' header."
)
NO_METHOD = (
    "ApiAuthStrategy - No authentication method provided. Either pass an API key as 'Bearer' header or OAuth "
    "client credentials as 'x-cal-secret-key' and 'x-cal-client-id' headers"
)
TOO_MANY = "CustomThrottlerGuard - Too many requests. Please try again later."

_CLASSES = {
    400: "BadRequestException",
    401: "UnauthorizedException",
    403: "ForbiddenException",
    404: "NotFoundException",
    409: "ConflictException",
    501: "NotImplementedException",
}


class Refusal(Exception):
    """An answer that is not a success. `code` None means the bare shape, without the envelope.

    `frank` is what the source of 2026 says where older ones have one text for everything.
    """

    def __init__(
        self, status: int, code: str | None, message: str, details: object = None, frank: str | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = details
        self.frank = frank

    def body(self, path: str, at: datetime, *, newest: bool = False) -> dict[str, Any]:
        """The JSON object for it, as answered to that path at that instant."""
        message = self.frank if newest and self.frank else self.message
        if self.code is None:
            return {"statusCode": self.status, "message": message}
        error: dict[str, Any] = {"code": self.code, "message": message}
        if self.details is not None:
            error["details"] = self.details
        return {"status": "error", "timestamp": millis(at), "path": path, "error": error}


def envelope(status: int, message: str) -> Refusal:
    """What a thrown HttpException becomes."""
    phrase = HTTPStatus(status).phrase
    return Refusal(
        status, _CLASSES[status], message, {"message": message, "error": phrase, "statusCode": status}
    )


def bare(status: int, message: str) -> Refusal:
    """What Cal.com's internal HttpError becomes: no envelope."""
    return Refusal(status, None, message)


def trpc(status: int, frank: str | None = None) -> Refusal:
    """What an error of a tRPC handler becomes: up to December 2025 one generic text for each status."""
    text = NOT_AUTHORISED if status == HTTPStatus.UNAUTHORIZED else GENERIC
    return Refusal(status, "TRPCError", text, frank=frank)


def too_many() -> Refusal:
    """What the rate limiter answers; its details are a plain text."""
    return Refusal(429, "ThrottlerException", TOO_MANY, TOO_MANY)


def invalid(errors: list[dict[str, Any]]) -> Refusal:
    """What failed validation becomes on most routes: it echoes what was sent."""
    return Refusal(400, "BadRequestException", "Bad Request Exception", {"errors": errors})


def complaint(target: Mapping[str, Any], name: str, constraints: dict[str, str]) -> dict[str, Any]:
    """One entry of `invalid`: the field, its value if it has one, what it breaks."""
    value = {"value": target[name]} if name in target else {}
    return {"target": dict(target), **value, "property": name, "children": [], "constraints": constraints}


def wrong_fields(problems: dict[str, str]) -> Refusal:
    """What failed validation becomes on create, cancel and reschedule: one sentence, ending in a blank."""
    return envelope(400, ", ".join(f"{name} property is wrong,{text} " for name, text in problems.items()))


def unknown_booking(uid: str) -> Refusal:
    """There is no such booking."""
    return envelope(404, f"Booking with uid={uid} was not found in the database")


def left_out(what: str) -> Refusal:
    """Cal.com would serve this and the sandbox does not; said plainly, so that nobody takes it for Cal.com's answer."""
    return envelope(501, f"The sandbox leaves this out: {what}")


def no_route(method: str, path: str) -> Refusal:
    """There is no such route, or not under the version that was asked for."""
    return envelope(404, f"Cannot {method} {path}")
