"""Who is asking, and who is refused."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import jwt
import pytest
from pydantic import SecretStr
from starlette.datastructures import Headers

from gateway.domain.errors import Invalid, NotAllowed, TooMany, Unauthenticated
from gateway.domain.people import Caller, Role
from gateway.sections import Limits, Tokens
from gateway.settings import Settings
from gateway.web import auth
from gateway.web.auth import Authenticator

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
KEY = "a key of at least thirty-two bytes"
CLAIMS = {"sub": "Ann@Example.org", "role": "host", "iat": NOON.timestamp(), "exp": NOON.timestamp() + 600}
ANN = Caller("default", Role.HOST, "ann@example.org", "ann@example.org")


def digest(token: str) -> str:
    """What the settings hold of a service token."""
    return sha256(token.encode()).hexdigest()


SETTINGS = Settings(
    tokens=Tokens(key=SecretStr(KEY), service=(digest("old"), digest("portal")), operator=(digest("boss"),)),
    limits=Limits(failed_auth_per_minute=2),
)


def asked(token: str | None, on_behalf_of: str | None = None) -> Headers:
    """The headers of a request."""
    named = {"Authorization": token and f"Bearer {token}", "Gateway-On-Behalf-Of": on_behalf_of}
    return Headers({name: value for name, value in named.items() if value is not None})


def signed(**claims: Any) -> str:
    """A token of Ann's with some claims changed, or taken out by None."""
    chosen = {name: value for name, value in {**CLAIMS, **claims}.items() if value is not None}
    return jwt.encode(chosen, KEY, "HS256")


def identified(headers: Headers, seconds: float = 0, settings: Settings = SETTINGS) -> Caller:
    """The caller that a fresh authenticator finds, so many seconds after noon."""
    return Authenticator(settings).identify(headers, NOON + timedelta(seconds=seconds))


def refused(headers: Headers, seconds: float = 0, settings: Settings = SETTINGS) -> bool:
    """Whether the request is nobody's."""
    try:
        identified(headers, seconds, settings)
    except Unauthenticated:
        return True
    return False


@pytest.mark.parametrize(
    ("token", "role"), [("portal", Role.PORTAL), ("old", Role.PORTAL), ("boss", Role.OPERATOR)]
)
def test_service_token(token: str, role: Role) -> None:
    """A service token without a person sees the account, and is named by its digest."""
    expected = Caller("default", role, None, f"service:{digest(token)[:12]}")
    assert identified(asked(token)) == expected


@pytest.mark.parametrize("token", ["portal", "boss"])
def test_service_token_for_a_person(token: str) -> None:
    """A service that names a person is that person, in every way."""
    assert identified(asked(token, " Ann@Example.org")) == ANN


@pytest.mark.parametrize(
    "person", ["", "unknown", "ann@", "two words@example.org", "a@b@c", "a" * 300 + "@b"]
)
def test_person_without_an_address(person: str) -> None:
    """What names nobody is a wrong field, not a failed authentication."""
    with pytest.raises(Invalid) as wrong:
        identified(asked("portal", person))
    assert [error["field"] for error in wrong.value.members["errors"]] == ["Gateway-On-Behalf-Of"]


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Basic cG9ydGFs",
        "portal",
        "Bearer portal portal",
        "Bearer port\xe4l",
        "Bearer x",
    ],
)
def test_no_token_or_an_unknown_one(header: str | None) -> None:
    """Without an accepted bearer token nobody is known."""
    assert refused(Headers({} if header is None else {"Authorization": header}))


def test_scheme_in_any_case() -> None:
    """The scheme's name is compared without case (RFC 9110, 11.1)."""
    assert identified(Headers({"authorization": "bEARER portal"})).role == Role.PORTAL


def test_person_token() -> None:
    """A JWT names the person and the role; what makes it worthless makes the request nobody's."""
    assert (identified(asked(signed())), refused(asked(signed(exp=None)))) == (ANN, True)


def test_no_tokens_for_people() -> None:
    """Without a key in the settings, no JWT is accepted."""
    assert refused(asked(signed()), settings=Settings())


def test_person_cannot_name_another() -> None:
    """Only a service token may act on behalf of somebody."""
    with pytest.raises(NotAllowed):
        identified(asked(signed(role="operator"), "bob@example.org"))


def test_session_takes_no_service_token() -> None:
    """What a browser keeps can only be a person's token."""
    authenticator = Authenticator(SETTINGS)
    assert authenticator.person(signed(), NOON) == ANN
    with pytest.raises(Unauthenticated):
        authenticator.person("portal", NOON)


def test_verified_tokens_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """A token is verified once, until it expires."""
    authenticator = Authenticator(SETTINGS)
    authenticator.identify(asked(signed()), NOON)
    monkeypatch.setattr(authenticator, "_verifier", None)
    assert authenticator.identify(asked(signed()), NOON + timedelta(seconds=599)) == ANN
    with pytest.raises(Unauthenticated):
        authenticator.identify(asked(signed()), NOON + timedelta(seconds=600))


def test_memory_of_tokens_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of too many tokens the oldest is forgotten; refused ones are never kept."""
    monkeypatch.setattr(auth, "REMEMBERED", 2)
    authenticator = Authenticator(SETTINGS)
    for n in range(4):
        authenticator.identify(asked(signed(n=n)), NOON)
    assert list(authenticator._verified) == [digest(signed(n=n)) for n in (2, 3)]


def test_failures_are_limited() -> None:
    """A peer that goes on failing is told to wait; another is not."""
    authenticator = Authenticator(SETTINGS)
    told = [attempt(authenticator, "wrong", peer) for peer in ("1.1.1.1",) * 3 + ("2.2.2.2",)]
    assert told == [Unauthenticated, Unauthenticated, TooMany, Unauthenticated]


def test_success_never_counts() -> None:
    """A good token passes whatever its neighbours behind the same address did, and costs them nothing."""
    authenticator = Authenticator(SETTINGS)
    told = [
        attempt(authenticator, token, "1.1.1.1") for token in ("wrong", "portal", "wrong", "wrong", "portal")
    ]
    assert told == [Unauthenticated, Caller, Unauthenticated, TooMany, Caller]


def test_no_token_is_no_guess() -> None:
    """A request without a token is refused, and not counted."""
    authenticator = Authenticator(SETTINGS)
    assert {attempt(authenticator, None, "1.1.1.1") for _ in range(5)} == {Unauthenticated}


def attempt(authenticator: Authenticator, token: str | None, peer: str) -> type:
    """What comes of a request: a Caller, or the kind of refusal."""
    try:
        return type(authenticator.admit(asked(token), peer, NOON))
    except (Unauthenticated, TooMany) as error:
        return type(error)
