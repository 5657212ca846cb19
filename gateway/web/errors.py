"""One map from error to status, and the one JSON shape in which every refusal and failure is told (RFC 9457).

What is not in the family of errors is a bug: logged whole by the server, told as `internal` and
nothing more. No text of Cal.com's and no address ever stands here.
"""

from http import HTTPStatus
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.domain.errors import GatewayError
from gateway.web.shapes import member

STATUS = {
    "bad-request": 400,
    "signature-invalid": 401,
    "unauthenticated": 401,
    "not-allowed": 403,
    "not-found": 404,
    "method-not-allowed": 405,
    "already-decided": 409,
    "conflict": 409,
    "in-flight": 409,
    "not-pending": 409,
    "started": 409,
    "unpaid": 409,
    "too-large": 413,
    "unsupported-media-type": 415,
    "idempotency-mismatch": 422,
    "invalid": 422,
    "reason-required": 422,
    "reason-unknown": 422,
    "too-many-requests": 429,
    "internal": 500,
    "calcom-refused": 502,
    "storage-unavailable": 503,
}
TITLES = {
    "already-decided": "Already decided",
    "bad-request": "Not a JSON object",
    "calcom-refused": "Cal.com refused",
    "conflict": "Another meeting at that time",
    "idempotency-mismatch": "Idempotency key used before",
    "in-flight": "An answer is on its way",
    "internal": "Internal error",
    "invalid": "Invalid request",
    "method-not-allowed": "Method not allowed",
    "not-allowed": "Not allowed",
    "not-found": "Not found",
    "not-pending": "Not pending",
    "reason-required": "Reason required",
    "reason-unknown": "Unknown reason",
    "signature-invalid": "Signature invalid",
    "started": "Already started",
    "storage-unavailable": "Storage unavailable",
    "too-large": "Too large",
    "too-many-requests": "Too many requests",
    "unauthenticated": "Not authenticated",
    "unpaid": "Not paid yet",
    "unsupported-media-type": "Unsupported media type",
}
BY_STATUS = {404: "not-found", 405: "method-not-allowed", 413: "too-large"}


def problem(request: Request, error: GatewayError) -> Response:
    """An error of the family as `application/problem+json`."""
    status = STATUS[error.code]
    headers = {"Cache-Control": "no-store"}
    if status == HTTPStatus.UNAUTHORIZED and error.code == "unauthenticated":
        headers["WWW-Authenticate"] = "Bearer"
    if "retry_after" in error.members:
        headers["Retry-After"] = str(error.members["retry_after"])
    body = {
        "type": f"/problems/{error.code}",
        "title": TITLES[error.code],
        "status": status,
        "detail": error.detail,
        "code": error.code,
        "instance": quote(request.scope["path"]),
        **{name: member(value) for name, value in error.members.items()},
    }
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def refused(request: Request, error: Exception) -> Response:
    """The handler for the family."""
    assert isinstance(error, GatewayError)
    return problem(request, error)


def routed(request: Request, error: Exception) -> Response:
    """The handler for what the router itself refuses: no such page, no such method."""
    assert isinstance(error, HTTPException)
    told = GatewayError(error.detail, code=BY_STATUS.get(error.status_code, "internal"))
    response = problem(request, told)
    response.headers.update(error.headers or {})
    return response


def broken(request: Request, error: Exception) -> Response:
    """The handler for bugs: the server logs the exception, the caller learns that there was one."""
    del error
    response = problem(
        request, GatewayError("Something went wrong here; it has been logged.", code="internal")
    )
    response.headers["X-Request-Id"] = request.state.request_id
    return response
