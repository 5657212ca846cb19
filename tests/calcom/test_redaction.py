"""Redaction: credentials go, every other byte stays, and hostile bodies cost no time."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.calcom.redaction import CREDENTIALS, redact
from tests.calcom import bodies

NAMES = [name.decode() for name in CREDENTIALS]
MEBIBYTE = 2**20
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"password":"p"}', b'{"password":"redacted"}'),
        (b'{"password" \n:\t "p" , "a":1}', b'{"password" \n:\t "redacted" , "a":1}'),
        (b'{"password":""}', b'{"password":"redacted"}'),
        (rb'{"password":"a\"b\\","c":"d"}', b'{"password":"redacted","c":"d"}'),
        (b'{"password":"cut of', b'{"password":"redacted'),
        (b'{"password":"cut of\\', b'{"password":"redacted'),
        (b'{"password":"\xff\n"}', b'{"password":"redacted"}'),
        (b'[{"password":"a"},{"password":"b"}]', b'[{"password":"redacted"},{"password":"redacted"}]'),
        (b'not json "password": "p" at all', b'not json "password": "redacted" at all'),
    ],
)
def test_the_value_is_replaced(body: bytes, expected: bytes) -> None:
    """A credential's string is replaced wherever and however it stands, in JSON or not."""
    assert redact(body) == expected


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'{"password":null,"oneTimePassword":5,"downloadLink":["a"]}',
        b'{"passwords":"p","my_password":"p","PASSWORD":"p"}',
        b'{"note":"password","to":"downloadLink"}',
        rb'{"note":"say \"password\": \"p\""}',
        b'{"password"}',
        b'{"password":',
    ],
)
def test_what_is_no_credential_stays(body: bytes) -> None:
    """Only strings after exactly these names are credentials."""
    assert redact(body) == body


@pytest.mark.parametrize("name", NAMES)
def test_each_credential(name: str) -> None:
    """Each of the names is known, at any depth."""
    assert b"secret" not in redact(bodies.raw({"payload": {"a": [{name: "secret"}]}}))


def test_a_request() -> None:
    """A request keeps its meaning without the token that would accept it."""
    body = bodies.sent("BOOKING_REQUESTED", bodies.live())
    kept = json.loads(redact(bodies.raw(body)))
    body["payload"]["oneTimePassword"] = "redacted"
    assert kept == body


@given(body=st.binary())
def test_bytes_without_the_names_are_untouched(body: bytes) -> None:
    """Whatever does not hold one of the names comes out as it went in."""
    assert redact(body) == body or any(name in body for name in CREDENTIALS)


@given(before=PLAIN, after=PLAIN, name=st.sampled_from(NAMES), secret=st.text(), ascii_only=st.booleans())
def test_everything_else_is_byte_identical(
    before: Any, after: Any, name: str, secret: str, ascii_only: bool
) -> None:
    """In valid JSON exactly the credential's string differs, whatever stands around it or in it."""
    first, last = (json.dumps(one, ensure_ascii=ascii_only) for one in (before, after))
    value = json.dumps(secret, ensure_ascii=ascii_only)
    body = f'{{"a":{first},"{name}": {value},"z":{last}}}'.encode(errors="surrogatepass")
    expected = f'{{"a":{first},"{name}": "redacted","z":{last}}}'.encode(errors="surrogatepass")
    assert redact(body) == expected


@given(body=st.binary(), name=st.sampled_from(CREDENTIALS))
def test_redacting_twice_changes_nothing(body: bytes, name: bytes) -> None:
    """The result of redaction has nothing left to redact."""
    once = redact(b'{"' + name + b'":"' + body)
    assert redact(once) == once


@pytest.mark.parametrize(
    "unit",
    [
        b'"',
        b"\\",
        b'\\"',
        b'"\\',
        b'"password',
        b'"password"',
        b'"password" ',
        b'"password":"',
        b'"password":"\\',
        b" ",
    ],
)
@pytest.mark.parametrize("start", [b"", b'"password"', b'"password":"', b'"password":"x", "password" : '])
def test_hostile_bodies_take_no_time(start: bytes, unit: bytes) -> None:
    """A mebibyte of quotes, backslashes, blanks or half a credential is read once, not over and over."""
    body = start + unit * (MEBIBYTE // len(unit))
    began = time.thread_time()
    redact(body)
    assert time.thread_time() - began < 0.1
