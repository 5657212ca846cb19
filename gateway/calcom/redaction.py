"""Credentials out of a body before it is stored: bytes in, bytes out, nothing parsed.

It works on what was received, so that a body no parser accepts is still kept without its secrets. The
digest of the original bytes is taken elsewhere, before this. Times, names and addresses stay: they
are data, and who may see them is decided where they are shown.
"""

import re

CREDENTIALS = (b"oneTimePassword", b"password", b"connectAndJoinUrl", b"downloadLink")
"""A token that accepts a booking by itself (`apps/web/app/api/verify-booking-token/route.ts`), a video password,
a join token, a link to a recording (Cal.com's public docs page on webhooks)."""

WORD = b"redacted"

FOUND = re.compile(rb'("(?:' + b"|".join(CREDENTIALS) + rb')"\s*+:\s*+")(?:[^"\\]++|\\.?)*+', re.DOTALL)
"""Every quantifier is possessive: nothing is tried twice, so the time is linear in the body's length."""


def redact(body: bytes) -> bytes:
    """`body` with the string value after each credential's name replaced; every other byte as it was.

    A string that the end of the body cuts off is replaced up to there.
    """
    return FOUND.sub(lambda found: found[1] + WORD, body)
