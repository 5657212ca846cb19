"""The tables of the settings: keys, tokens, reasons."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, SECP384R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import SecretStr, ValidationError

from gateway.sections import Reason, Reasons, Tokens, signing_algorithm

DIGEST = "0a" * 32


def pem(private: Any) -> str:
    """The public half of a key as text."""
    text: bytes = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return text.decode()


@pytest.mark.parametrize(
    ("make", "algorithm"),
    [
        (Ed25519PrivateKey.generate, "EdDSA"),
        (partial(generate_private_key, SECP256R1()), "ES256"),
        (partial(generate_rsa, 65537, 2048), "RS256"),
    ],
)
def test_public_key_fixes_the_algorithm(make: Callable[[], Any], algorithm: str) -> None:
    """Each kind of key stands for one algorithm."""
    assert signing_algorithm(pem(make())) == algorithm


@pytest.mark.parametrize(
    "make",
    [partial(generate_private_key, SECP384R1()), partial(generate_rsa, 65537, 1024)],
)
def test_other_public_keys(make: Callable[[], Any]) -> None:
    """Other curves and short RSA keys are refused."""
    with pytest.raises(ValueError, match="Ed25519, a P-256 or an RSA key"):
        signing_algorithm(pem(make()))


def test_one_way_of_reading_tokens() -> None:
    """A secret key and a public key exclude each other."""
    with pytest.raises(ValidationError, match="not both"):
        Tokens(key=SecretStr("k" * 32), public_key=pem(Ed25519PrivateKey.generate()))


def test_one_role_per_service_token() -> None:
    """The same token cannot be the portal's and an operator's."""
    with pytest.raises(ValidationError, match="one digest stands in both lists"):
        Tokens(service=(DIGEST,), operator=(DIGEST,))


@pytest.mark.parametrize("reasons", [Reasons().reject, Reasons().cancel])
def test_reasons_are_there_from_the_start(reasons: tuple[Reason, ...]) -> None:
    """A programme that decides nothing has reasons to offer, the last of them open."""
    assert (len(reasons), reasons[-1].code) == (5, "other")
