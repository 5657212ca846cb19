"""Who is asking: a bearer token becomes a `Caller`, or nobody.

A token is a service token if the settings hold its digest, else a person's JWT (`tokens.py`). The time is
an argument. Kept out: which bookings a caller may see and what they may do with them.
"""

import hmac
import re
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256

from gateway.domain.errors import Invalid, NotAllowed, Unauthenticated
from gateway.domain.people import Caller, Role, fold
from gateway.sections import ADDRESS
from gateway.settings import Settings
from gateway.web.limits import Limiter
from gateway.web.tokens import DEFAULT_ACCOUNT, Verified, verifier

ON_BEHALF_OF = "Gateway-On-Behalf-Of"
BEARER = re.compile(r"(?i)bearer +([A-Za-z0-9._~+/=-]+)")
REMEMBERED = 4096


class Authenticator:
    """Reads tokens as the settings say; remembers verified ones until they expire, failures of a peer for a minute."""

    def __init__(self, settings: Settings) -> None:
        self._services = {
            **dict.fromkeys(settings.tokens.service, Role.PORTAL),
            **dict.fromkeys(settings.tokens.operator, Role.OPERATOR),
        }
        self._verifier = verifier(settings.tokens)
        self._verified: dict[str, Verified] = {}
        self._failures = Limiter(settings.limits.failed_auth_per_minute)

    def admit(self, headers: Mapping[str, str], peer: str, now: datetime) -> Caller:
        """As `identify`, and counts what fails against the peer's address. Raises TooMany beyond the limit.

        A good token is never refused for the failures of others behind the same address, and a request
        without a token guesses nothing: neither counts.
        """
        try:
            return self.identify(headers, now)
        except Unauthenticated:
            if "authorization" in headers:
                self._failures.count(peer, now)
            raise

    def identify(self, headers: Mapping[str, str], now: datetime) -> Caller:
        """Who asks. `headers` are looked up without regard to case, as Starlette's are.

        Raises Unauthenticated; NotAllowed when anybody but a service names a person to act for; Invalid
        when what it names is no address.
        """
        bearer = BEARER.fullmatch(headers.get("authorization", "").strip())
        if not bearer:
            raise Unauthenticated
        digest = sha256(bearer[1].encode()).hexdigest()
        role = self._service(digest)
        person = headers.get(ON_BEHALF_OF)
        if role:
            name = f"service:{digest[:12]}"
            return Caller(DEFAULT_ACCOUNT, role, None, name) if person is None else _acting_for(person)
        caller = self._person(bearer[1], digest, now)
        if person is not None:
            raise NotAllowed("Only a service token may act on behalf of a person.")
        return caller

    def person(self, token: str, now: datetime) -> Caller:
        """Whose JWT this is; service tokens are refused, as a browser's session must. Raises Unauthenticated."""
        return self._person(token, sha256(token.encode()).hexdigest(), now)

    def _service(self, digest: str) -> Role | None:
        """The role of a service token. All are compared, each in constant time."""
        found = [role for known, role in self._services.items() if hmac.compare_digest(known, digest)]
        return found[0] if found else None

    def _person(self, token: str, digest: str, now: datetime) -> Caller:
        known = self._verified.get(digest)
        if known and now.timestamp() < known.expires:
            return known.caller
        if self._verifier is None:
            raise Unauthenticated
        verified = self._verifier.read(token, now)
        self._remember(digest, verified)
        return verified.caller

    def _remember(self, digest: str, verified: Verified) -> None:
        self._verified.pop(digest, None)
        while len(self._verified) >= REMEMBERED:
            del self._verified[next(iter(self._verified))]
        self._verified[digest] = verified


def _acting_for(person: str) -> Caller:
    """A service that names a person is that person, for visibility, role and rules."""
    if not re.fullmatch(ADDRESS, person.strip()):
        raise Invalid(errors=[{"field": ON_BEHALF_OF, "detail": "should be an email address"}])
    return Caller(DEFAULT_ACCOUNT, Role.HOST, fold(person), fold(person))
