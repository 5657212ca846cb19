"""Whether a delivery was signed by Cal.com with one of our secrets: HMAC-SHA256 over the raw bytes, nothing else.

It keeps out what the body says (`webhook.py`) and what is done with an unsigned one (the services).
A signature carries no time, so a captured delivery verifies for ever: repeats are found by digest.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence

from gateway.domain.errors import Unverified

HEADER = "x-cal-signature-256"
"""The header's name (`packages/features/webhooks/lib/sendPayload.ts`)."""

UNSIGNED = "no-secret-provided"
"""What stands in the header when a subscription has no secret, or an empty one (same source; measured on 6.0.2)."""

HEX = re.compile(r"[0-9a-f]{64}")


def verify(
    body: bytes,
    signatures: Sequence[str],
    secrets: Sequence[bytes],
    allow_unsigned: bool,  # noqa: FBT001  (a setting, passed on as it is; never a literal)
) -> bool:
    """True when one of `secrets` signed `body`, False when it is unsigned and `allow_unsigned` lets it pass.

    `signatures` are all values of the signature header, as received: exactly one is expected, 64
    lower-case hex digits. Anything else raises Unverified. Every secret is tried, whichever fits, so
    that the time taken says nothing; an empty secret counts as none, as it does at Cal.com.
    """
    if allow_unsigned and list(signatures) in ([], [UNSIGNED]):
        return False
    if len(signatures) != 1 or not HEX.fullmatch(signatures[0]):
        raise Unverified
    given = signatures[0].encode()
    matches = [hmac.compare_digest(given, sign(body, secret)) for secret in secrets if secret]
    if not any(matches):
        raise Unverified
    return True


def sign(body: bytes, secret: bytes) -> bytes:
    """The header's value for `body`, as Cal.com would send it: 64 lower-case hex digits, in ASCII."""
    return hmac.new(secret, body, hashlib.sha256).hexdigest().encode()
