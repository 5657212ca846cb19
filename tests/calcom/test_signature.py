"""Signatures: what verifies, and that nothing else does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.calcom.signature import sign, verify
from gateway.domain.errors import Unverified

BODY = b'{"triggerEvent":"PING"}'
SECRETS = [b"one", b"two", "drei ü".encode()]
GOOD = sign(BODY, b"two").decode()


def refused(signatures: list[str], body: bytes = BODY, *, allow_unsigned: bool = False) -> bool:
    """Whether the delivery is turned away."""
    try:
        verify(body, signatures, SECRETS, allow_unsigned)
    except Unverified:
        return True
    return False


def test_a_known_signature() -> None:
    """The signature is the hex of HMAC-SHA256 over the raw bytes, as any other implementation makes it."""
    expected = b"f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"
    assert sign(b"The quick brown fox jumps over the lazy dog", b"key") == expected


@pytest.mark.parametrize("secret", SECRETS)
def test_every_secret_is_tried(secret: bytes) -> None:
    """Each subscription may have its own secret, and while rotating two are valid."""
    assert verify(BODY, [sign(BODY, secret).decode()], SECRETS, allow_unsigned=False)


@pytest.mark.parametrize(
    "signatures",
    [
        [],
        [""],
        ["no-secret-provided"],
        [GOOD, GOOD],
        [GOOD.upper()],
        [GOOD[:-1]],
        [GOOD + "0"],
        [GOOD + "\n"],
        [f" {GOOD}"],
        [f"sha256={GOOD}"],
        ["ü" * 64],
        ["\ud800" * 64],
        [GOOD + "\ud800"],
        ["0" * 64],
    ],
)
def test_whatever_is_malformed_is_refused(signatures: list[str]) -> None:
    """Exactly one header of 64 lower-case hex digits, or the delivery is nobody's."""
    assert refused(signatures)


@pytest.mark.parametrize("signatures", [[], ["no-secret-provided"]])
def test_unsigned_passes_only_if_allowed(signatures: list[str]) -> None:
    """A subscription without a secret can be let in by a setting, and is told apart."""
    assert verify(BODY, signatures, SECRETS, allow_unsigned=True) is False


@pytest.mark.parametrize(
    "signatures", [[""], ["0" * 64], ["No-Secret-Provided"], ["no-secret-provided"] * 2, [GOOD] * 2]
)
def test_allowing_unsigned_lets_nothing_else_in(signatures: list[str]) -> None:
    """A wrong signature stays wrong where none would do."""
    assert refused(signatures, allow_unsigned=True)


def test_a_signature_counts_where_unsigned_is_allowed() -> None:
    """With the setting on, a signed delivery is still known as signed."""
    assert verify(BODY, [GOOD], SECRETS, allow_unsigned=True) is True


@pytest.mark.parametrize("secrets", [[], [b""]])
def test_no_secret_verifies_nothing(secrets: list[bytes]) -> None:
    """An empty secret is none: anybody could sign with it."""
    with pytest.raises(Unverified):
        verify(BODY, [sign(BODY, b"").decode()], secrets, allow_unsigned=False)


@given(body=st.binary(min_size=1), data=st.data())
def test_one_flipped_bit_of_the_body(body: bytes, data: st.DataObject) -> None:
    """A body of which one bit was changed on the way is refused."""
    bit = data.draw(st.integers(0, len(body) * 8 - 1))
    other = bytearray(body)
    other[bit // 8] ^= 1 << bit % 8
    assert refused([sign(body, b"one").decode()], bytes(other))


@given(place=st.integers(0, 63), bit=st.integers(0, 7))
def test_one_flipped_bit_of_the_signature(place: int, bit: int) -> None:
    """A signature of which one bit was changed on the way is refused."""
    other = bytearray(GOOD.encode())
    other[place] ^= 1 << bit
    assert refused([other.decode("latin-1")])
