"""The family of errors: what a caller can be told. Anything outside it is a bug, logged whole and shown as `internal`.

    GatewayError
    ├── Unverified            a webhook nobody we trust has signed
    ├── TooLarge              a body over the limit
    ├── BadRequest            not JSON, or not an object
    ├── Unauthenticated       no token, or one we do not accept
    ├── NotAllowed            the caller may see it; the action is not theirs
    ├── NotFound              unknown, or not the caller's: the two are not told apart
    ├── Unsupported           a media type we do not read
    ├── Invalid               fields that are wrong, one by one
    ├── TooMany               over a limit
    ├── StorageUnavailable    nothing was kept
    └── Refused               judged by the table and not allowed now; nothing was sent to Cal.com

Each has a `code` and a sentence. The status that goes with a code is `web/errors.py`'s affair.
"""

from collections.abc import Mapping
from typing import Any


class GatewayError(Exception):
    """Base of the family; never raised itself. The class docstring's first line is the sentence shown."""

    code = "internal"

    def __init__(self, detail: str | None = None, /, code: str | None = None, **members: Any) -> None:
        self.detail = detail or (type(self).__doc__ or "").partition("\n")[0]
        self.code = code or type(self).code
        self.members: Mapping[str, Any] = members
        super().__init__(self.detail)


class Unverified(GatewayError):
    """The delivery carries no signature that one of the configured secrets made."""

    code = "signature-invalid"


class TooLarge(GatewayError):
    """The body is larger than this route accepts."""

    code = "too-large"


class BadRequest(GatewayError):
    """The body is not a JSON object."""

    code = "bad-request"


class Unauthenticated(GatewayError):
    """A valid bearer token is required."""

    code = "unauthenticated"


class NotAllowed(GatewayError):
    """You may see this booking; this action is not yours."""

    code = "not-allowed"


class NotFound(GatewayError):
    """There is no such thing, or it is not yours."""

    code = "not-found"


class Unsupported(GatewayError):
    """Send the body as application/json."""

    code = "unsupported-media-type"


class Invalid(GatewayError):
    """Some of what was sent is wrong; `errors` names each field."""

    code = "invalid"


class TooMany(GatewayError):
    """Too many requests; wait before the next one."""

    code = "too-many-requests"


class StorageUnavailable(GatewayError):
    """The store could not keep this; nothing was changed. Try again."""

    code = "storage-unavailable"


class Refused(GatewayError):
    """The booking's state does not allow this; nothing was sent to Cal.com."""

    code = "refused"
