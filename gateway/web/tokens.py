"""People's tokens: JWTs made and read with the one algorithm that the settings fix.

Pure: the time is an argument, and nothing in a token's header chooses anything. Service tokens, the
headers they come in and what a caller may do with them are kept out: see `auth.py`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from gateway.domain.errors import Unauthenticated
from gateway.domain.people import Caller, Role, fold
from gateway.sections import ADDRESS, Tokens, signing_algorithm
from gateway.settings import Settings, SettingsError

LEEWAY = 30
"""Seconds by which the issuer's clock and ours may differ."""
LONGEST = 24 * 3600
"""Seconds that a token may last."""
DEFAULT_ACCOUNT = "default"
PEOPLE = (Role.HOST, Role.ATTENDEE, Role.OPERATOR)
"""The roles a token may give. The portal itself has a service token."""

# PyJWT would ask the wall clock; `_person` compares with the time it is given. An audience that a token
# names stays refused: none is ours (RFC 7519, 4.1.3).
OPTIONS: Any = {
    "require": ["sub", "role", "exp", "iat"],
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
}


@dataclass(frozen=True, slots=True)
class Verified:
    """Who a token speaks for, and the moment (seconds since 1970) after which it no longer does."""

    caller: Caller
    expires: float


@dataclass(frozen=True, slots=True)
class Verifier:
    """The one way of reading tokens: a key and its algorithm."""

    key: Any
    algorithm: str

    def read(self, token: str, now: datetime) -> Verified:
        """Who the token speaks for at `now`. Raises Unauthenticated."""
        try:
            claims = jwt.decode(token, self.key, algorithms=[self.algorithm], options=OPTIONS)
        except jwt.PyJWTError:
            raise Unauthenticated from None
        return _person(claims, now.timestamp())


def verifier(tokens: Tokens) -> Verifier | None:
    """The verifier that the settings fix; None when people have no tokens here."""
    if tokens.key:
        return Verifier(tokens.key.get_secret_value().encode(), "HS256")
    if tokens.public_key:
        return Verifier(load_pem_public_key(tokens.public_key.encode()), signing_algorithm(tokens.public_key))
    return None


def mint(settings: Settings, role: Role, email: str, ttl: timedelta, now: datetime) -> str:
    """A token for development and the demo, valid from `now` for `ttl`.

    Raises SettingsError without `tokens.key`, for whoever only has a public key cannot sign; ValueError
    for a role, an address or a `ttl` that no token may have.
    """
    if not settings.tokens.key:
        raise SettingsError(["tokens.key (GATEWAY_TOKENS__KEY): is needed to make tokens"])
    if role not in PEOPLE or not re.fullmatch(ADDRESS, email):
        raise ValueError("a token is for a host, an attendee or an operator, named by an email address")
    if not 1 <= ttl.total_seconds() <= LONGEST:
        raise ValueError("a token lasts from one second to 24 hours")
    issued = int(now.timestamp())
    claims = {"sub": email, "role": str(role), "iat": issued, "exp": issued + int(ttl.total_seconds())}
    return jwt.encode(claims, settings.tokens.key.get_secret_value(), "HS256")


def _person(claims: dict[str, Any], moment: float) -> Verified:
    email, role, account = claims["sub"], claims["role"], claims.get("account", DEFAULT_ACCOUNT)
    if not (_text(email) and re.fullmatch(ADDRESS, email) and role in PEOPLE and _text(account)):
        raise Unauthenticated
    if not _lives(claims, moment):
        raise Unauthenticated("The token has expired, is not valid yet, or lasts longer than 24 hours.")
    return Verified(Caller(account, Role(role), fold(email), fold(email)), claims["exp"])


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _lives(claims: Mapping[str, Any], moment: float) -> bool:
    """Each comparison says what must hold, so that a number that is none (NaN is JSON to Python) fails."""
    issued: float = claims["iat"]
    expires: float = claims["exp"]
    begins: float = claims.get("nbf", issued)
    if not all(isinstance(time, int | float) for time in (issued, expires, begins)):
        return False
    begun = issued <= moment + LEEWAY and begins <= moment + LEEWAY
    return begun and moment - LEEWAY < expires and issued < expires <= issued + LONGEST
