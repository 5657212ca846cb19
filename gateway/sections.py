"""The tables of the settings: what each may hold, what it holds unless told otherwise, and what is refused.

Pure: a value comes in, the value or a ValueError comes out. No sentence quotes the value it refuses,
because it may be a secret. Where values come from is `settings.py`'s affair.
"""

import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
)

UNSIGNED = "no-secret-provided"
"""What Cal.com sends in place of a signature when a webhook has no secret: it must never be one."""

ADDRESS = r"[^@\s]{1,64}@[^@\s]{1,189}"
"""What passes for an email address: enough to refuse the text `unknown`, no more."""


def _web_address(value: str) -> str:
    try:
        parts = urlsplit(value)
        sound = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1)
    except ValueError:
        sound = False
    if not sound or "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError("should be an http(s) address without credentials, query or fragment")
    return value.rstrip("/")


def _event_type(value: Any) -> Any:
    number = isinstance(value, int) and not isinstance(value, bool) and value > 0
    if not number and not (isinstance(value, str) and value.strip()):
        raise ValueError("should be an event type's id (a number) or slug (a text)")
    return value


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _one_word(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    if not text or not text.isascii() or any(c.isspace() for c in text):
        raise ValueError("should be a text without spaces or line breaks")
    return secret


def _webhook_secret(secret: SecretStr) -> SecretStr:
    if not secret.get_secret_value().strip():
        raise ValueError("should not be empty")
    if secret.get_secret_value() == UNSIGNED:
        raise ValueError(
            f"`{UNSIGNED}` is what Cal.com sends when a webhook has no secret; choose a real one"
        )
    return secret


def _signing_key(secret: SecretStr) -> SecretStr:
    key = secret.get_secret_value().encode()
    if len(key) < 32:
        raise ValueError("should be at least 32 bytes long")
    try:
        jwt.get_algorithm_by_name("HS256").prepare_key(key)
    except jwt.InvalidKeyError:
        raise ValueError("looks like a PEM or JWK; HS256 needs a plain secret") from None
    return secret


def signing_algorithm(pem: str) -> str:
    """The one JWT algorithm that a public key stands for: EdDSA, ES256 or RS256. Raises ValueError for any other text."""
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("should be a public key in PEM form") from None
    match key:
        case Ed25519PublicKey():
            return "EdDSA"
        case EllipticCurvePublicKey(curve=SECP256R1()):
            return "ES256"
        case RSAPublicKey(key_size=size) if size >= 2048:
            return "RS256"
    raise ValueError("should be an Ed25519, a P-256 or an RSA key of at least 2048 bits")


def like(pattern: str, sentence: str) -> AfterValidator:
    """A text that is exactly of this form; `sentence` is what is said of any other."""
    form = re.compile(pattern)

    def check(value: str) -> str:
        if not form.fullmatch(value):
            raise ValueError(sentence)
        return value

    return AfterValidator(check)


def once(values: Iterable[Any], what: str) -> None:
    """Raise ValueError if a value comes twice; the sentence begins with `what`. Not for secrets: it names the value."""
    seen = set()
    for value in values:
        if value in seen:
            raise ValueError(f"{what} stands there twice: `{value}`")
        seen.add(value)


WebAddress = Annotated[str, AfterValidator(_web_address)]
EventType = Annotated[int | str, BeforeValidator(_event_type)]
Digest = Annotated[str, like(r"[0-9a-f]{64}", "should be a SHA-256 digest: 64 lower-case hex digits")]
Email = Annotated[str, like(ADDRESS, "should be an email address")]


class Section(BaseModel):
    """A table of settings: frozen, and without room for unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class CalCom(Section):
    """Where Cal.com's API v2 is, and the key that acts there."""

    base_url: WebAddress = "https://api.cal.com/v2"
    api_key: Annotated[SecretStr, AfterValidator(_one_word)] | None = None


class Webhook(Section):
    """What authenticates deliveries; several secrets are valid at once while rotating."""

    secrets: tuple[Annotated[SecretStr, AfterValidator(_webhook_secret)], ...] = ()
    allow_unsigned: bool = False


class Tokens(Section):
    """How callers prove who they are: one way for people's JWTs, and digests (SHA-256, hex) of service tokens."""

    key: Annotated[SecretStr, AfterValidator(_signing_key)] | None = None
    public_key: str | None = None
    service: tuple[Digest, ...] = ()
    operator: tuple[Digest, ...] = ()

    @field_validator("public_key")
    @classmethod
    def _one_mode(cls, pem: str | None, info: ValidationInfo) -> str | None:
        if pem is None:
            return None
        if info.data.get("key"):
            raise ValueError("give this or the key for HS256, not both: one of them fixes the algorithm")
        signing_algorithm(pem)
        return pem

    @field_validator("operator")
    @classmethod
    def _one_role(cls, operator: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if set(operator) & set(info.data.get("service", ())):
            raise ValueError("a token is the portal's or an operator's: one digest stands in both lists")
        return operator


class Reconcile(Section):
    """How often Cal.com is asked what is true; 0 means never, for a rehearsal without one."""

    every_seconds: Annotated[int, Field(ge=0)] = 60


class Programme(Section):
    """Which event types are ours, by id or slug; empty means all of them."""

    event_types: tuple[EventType, ...] = ()


class Host(Section):
    """A mentor as the portal names them. Without an id, the one last seen with the address is taken."""

    email: Email
    calcom_id: Annotated[int, Field(gt=0)] | None = None
    aliases: tuple[Email, ...] = ()


class Privacy(Section):
    """What an attendee never learns."""

    hide_host_email: bool = True


class Reason(Section):
    """A choice in the portal's dialog: the code is stored, the label is read by the other side."""

    code: Annotated[str, like(r"[a-z0-9]+(-[a-z0-9]+)*", "should be words in lower case joined by hyphens")]
    label: Annotated[str, like(r"(?=.*\S)[^\x00-\x1f]{1,200}", "should be one line of 1 to 200 characters")]


def _reasons(**labels: str) -> tuple[Reason, ...]:
    return tuple(Reason(code=code.replace("_", "-"), label=label) for code, label in labels.items())


class Reasons(Section):
    """The reasons offered for declining a request and for cancelling an accepted meeting."""

    reject: tuple[Reason, ...] = Field(
        default_factory=lambda: _reasons(
            time_does_not_suit="The time does not suit me",
            not_my_field="Another mentor can help you better with this",
            no_capacity="I cannot take on further meetings at the moment",
            more_information="Please tell me more about what you need, and ask again",
            other="Another reason",
        )
    )
    cancel: tuple[Reason, ...] = Field(
        default_factory=lambda: _reasons(
            something_came_up="Something came up",
            illness="Illness",
            time_no_longer_suits="The time no longer suits",
            no_longer_needed="The meeting is no longer needed",
            other="Another reason",
        )
    )

    @field_validator("reject", "cancel")
    @classmethod
    def _each_once(cls, reasons: tuple[Reason, ...]) -> tuple[Reason, ...]:
        once((reason.code for reason in reasons), "a code")
        return reasons


class Log(Section):
    """How much is logged, and in which form; without a form, `telemetry` looks whether a terminal reads it."""

    level: Annotated[Literal["debug", "info", "warning", "error", "critical"], BeforeValidator(_lower)] = (
        "info"
    )
    format: Annotated[Literal["json", "console"] | None, BeforeValidator(_lower)] = None


class Limits(Section):
    """How often, within a minute: actions of one person, failed authentications of one address."""

    actions_per_minute: Annotated[int, Field(ge=1)] = 120
    failed_auth_per_minute: Annotated[int, Field(ge=1)] = 60


class Rules(Section):
    """The programme's own rules: `late_hours` before the start, cancelling wants an acknowledgement."""

    late_hours: Annotated[int, Field(ge=0)] = 48


class Retention(Section):
    """How many days the redacted bodies of deliveries are kept."""

    body_days: Annotated[int, Field(ge=1)] = 30
