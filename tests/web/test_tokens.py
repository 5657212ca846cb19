"""People's tokens: which are read, which are worthless, which are made."""

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import SecretStr

from gateway.domain.errors import Unauthenticated
from gateway.domain.people import Caller, Role
from gateway.sections import Tokens
from gateway.settings import Settings, SettingsError
from gateway.web.tokens import mint, verifier

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
KEY = "a key of more than sixty-four bytes, long enough for HS512 to be taken too"
TOKENS = Tokens(key=SecretStr(KEY))
CLAIMS = {"sub": "Ann@Example.org", "role": "host", "iat": NOON.timestamp(), "exp": NOON.timestamp() + 600}
ANN = Caller("default", Role.HOST, "ann@example.org", "ann@example.org")


def signed(**claims: Any) -> str:
    """A token of Ann's with some claims changed, or taken out by None."""
    chosen = {name: value for name, value in {**CLAIMS, **claims}.items() if value is not None}
    return jwt.encode(chosen, KEY, "HS256")


def read(token: str, seconds: float = 0, tokens: Tokens = TOKENS) -> Caller:
    """Who the token speaks for, so many seconds after noon."""
    reader = verifier(tokens)
    assert reader
    return reader.read(token, NOON + timedelta(seconds=seconds)).caller


def worthless(token: str, seconds: float = 0, tokens: Tokens = TOKENS) -> bool:
    """Whether the token speaks for nobody."""
    try:
        read(token, seconds, tokens)
    except Unauthenticated:
        return True
    return False


@pytest.mark.parametrize("role", [Role.HOST, Role.ATTENDEE, Role.OPERATOR])
def test_person_token(role: Role) -> None:
    """A JWT names the person and the role; the address is folded."""
    expected = Caller("default", role, "ann@example.org", "ann@example.org")
    assert read(signed(role=role)) == expected


def test_account_of_a_token() -> None:
    """A token may name another account than the default one."""
    assert read(signed(account="north")).account == "north"


@pytest.mark.parametrize(
    "claims",
    [
        *({name: None} for name in CLAIMS),
        {"role": "portal"},
        {"role": "admin"},
        {"role": ["host"]},
        {"sub": "ann"},
        {"sub": 7},
        {"account": ""},
        {"account": 7},
        {"exp": "tomorrow"},
        {"exp": float("nan")},
        {"iat": float("-inf")},
        {"exp": 10**400},
        {"exp": NOON.timestamp() + 24 * 3600 + 1},
        {"exp": NOON.timestamp()},
        {"nbf": NOON.timestamp() + 31},
        {"aud": "another service"},
    ],
)
def test_wrong_claims(claims: dict[str, Any]) -> None:
    """A claim that is missing, of the wrong kind or too generous makes a token worthless."""
    assert worthless(signed(**claims))


@pytest.mark.parametrize(
    ("seconds", "expected"), [(-31, True), (-30, False), (0, False), (600, False), (629, False), (630, True)]
)
def test_leeway(seconds: int, expected: bool) -> None:
    """The issuer's clock may be half a minute off, in both directions."""
    assert worthless(signed(), seconds) == expected


def test_longest_token() -> None:
    """A token may last a day, to the second."""
    assert read(signed(exp=NOON.timestamp() + 24 * 3600)) == ANN


def test_foreign_signature() -> None:
    """A token signed with another key is nobody's."""
    assert worthless(jwt.encode(CLAIMS, "another key of at least 32 bytes!", "HS256"))


@pytest.mark.parametrize("bit", range(6))
def test_flipped_bit(bit: int) -> None:
    """A token with one character changed is nobody's."""
    token = signed()
    place = len(token) // 2 + bit
    assert worthless(token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :])


def test_header_does_not_choose_the_algorithm() -> None:
    """Neither `none` nor another algorithm of the same key is taken."""
    others = [jwt.encode(CLAIMS, KEY, "HS512"), jwt.encode(CLAIMS, "", "none")]
    assert [worthless(token) for token in others] == [True, True]


def test_header_does_not_choose_the_key() -> None:
    """A `kid` or `jku` in a good token changes nothing."""
    token = jwt.encode(CLAIMS, KEY, "HS256", headers={"kid": "other", "jku": "https://evil.example/keys"})
    assert read(token) == ANN


@pytest.mark.parametrize(
    "header", [b"[" * 30_000, b"3", b"\xff", b'{"alg": ["HS256"]}', b'{"alg":"HS256","crit":["x"]}']
)
def test_strange_header(header: bytes) -> None:
    """A header that is no header is refused, not stumbled over."""
    parts = (header, json.dumps(CLAIMS).encode(), b"signature")
    assert worthless(".".join(urlsafe_b64encode(part).decode().rstrip("=") for part in parts))


@pytest.mark.parametrize(
    ("private", "algorithm"),
    [("ed25519", "EdDSA"), ("p256", "ES256"), ("rsa", "RS256")],
)
def test_public_key(private: str, algorithm: str) -> None:
    """With a public key, its one algorithm is the only one; its text is never a secret for HS256."""
    key = made(private)
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    tokens = Tokens(public_key=pem.decode())
    assert read(jwt.encode(CLAIMS, key, algorithm), tokens=tokens) == ANN
    assert worthless(forged(pem), tokens=tokens)


def made(private: str) -> Any:
    """A new private key of that kind."""
    if private == "rsa":
        return generate_rsa(65537, 2048)
    return Ed25519PrivateKey.generate() if private == "ed25519" else generate_ec(SECP256R1())


def forged(pem: bytes) -> str:
    """An HS256 token that takes the public key's text for the secret."""
    octets = jwt.get_algorithm_by_name("HS256")
    parts = [b'{"alg":"HS256","typ":"JWT"}', json.dumps(CLAIMS).encode()]
    text = b".".join(urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    return (text + b"." + urlsafe_b64encode(octets.sign(text, pem)).rstrip(b"=")).decode()


def test_minted_token() -> None:
    """A minted token is accepted from its first second to its last."""
    token = mint(Settings(tokens=TOKENS), Role.HOST, "ann@example.org", timedelta(hours=12), NOON)
    assert read(token, 12 * 3600 - 1) == ANN


@pytest.mark.parametrize(
    ("role", "email", "hours"),
    [(Role.PORTAL, "a@b.c", 1), (Role.HOST, "ann", 1), (Role.HOST, "a@b.c", 25), (Role.HOST, "a@b.c", 0)],
)
def test_what_cannot_be_minted(role: Role, email: str, hours: int) -> None:
    """No token is made that would not be accepted."""
    with pytest.raises(ValueError, match="a token"):
        mint(Settings(tokens=TOKENS), role, email, timedelta(hours=hours), NOON)


def test_minting_needs_the_key() -> None:
    """Without the secret key nothing can be signed, and the setting is named."""
    with pytest.raises(SettingsError, match="GATEWAY_TOKENS__KEY"):
        mint(Settings(), Role.HOST, "a@b.c", timedelta(hours=1), NOON)
