"""What the operator has decided: one frozen object, read once, that complains about everything wrong at the same time.

Defaults < TOML file < environment. `load` alone reads the file and the environment; `Settings()` is the
defaults and reads nothing. What each table may hold stands in `sections.py`. Kept out: every judgement
about the outside world (can the key act, does the folder exist), which is doctor's.
"""

import json
import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, Field, PrivateAttr, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict

from gateway.domain.people import fold
from gateway.sections import (
    CalCom,
    Host,
    Limits,
    Log,
    Privacy,
    Programme,
    Reasons,
    Reconcile,
    Retention,
    Rules,
    Section,
    Tokens,
    WebAddress,
    Webhook,
    like,
    once,
)

PREFIX = "GATEWAY_"
CONFIG = "GATEWAY_CONFIG"
TOKEN = "GATEWAY_TOKEN"  # noqa: S105 -- a variable's name
"""What commands that ask a running service show it. No setting: whoever serves has no use for it."""

DEFAULT_FILE = Path("config/gateway.toml")
FROM_FILES = ("CALCOM__API_KEY", "TOKENS__KEY", "TOKENS__PUBLIC_KEY", "WEBHOOK__SECRETS")
"""Settings that may stand in a file of their own, named by the variable with `_FILE` behind it."""

LINE_BY_LINE = ("WEBHOOK__SECRETS",)
"""Those of them that are lists: one value per line, or a JSON list."""

SENTENCES = {
    "missing": "is needed",
    "extra_forbidden": "there is no such setting",
    "tuple_type": "should be a list (in the environment: a JSON list)",
    "model_type": "should be a table",
}


class SettingsError(Exception):
    """Settings that cannot stand. `mistakes` has one line per wrong setting; none quotes a secret."""

    def __init__(self, mistakes: list[str]) -> None:
        self.mistakes = mistakes
        super().__init__("\n".join(mistakes))


class Settings(Section):
    """Everything that can be decided about a gateway. Frozen; every field has a default."""

    database: Annotated[str, like(r"sqlite:///\S.*", "should be sqlite:///path/to/file.db")] = (
        "sqlite:///data/gateway.db"
    )
    public_url: WebAddress | None = None
    calcom: CalCom = Field(default_factory=CalCom)
    webhook: Webhook = Field(default_factory=Webhook)
    tokens: Tokens = Field(default_factory=Tokens)
    reconcile: Reconcile = Field(default_factory=Reconcile)
    programme: Programme = Field(default_factory=Programme)
    hosts: tuple[Host, ...] = ()
    privacy: Privacy = Field(default_factory=Privacy)
    reasons: Reasons = Field(default_factory=Reasons)
    log: Log = Field(default_factory=Log)
    limits: Limits = Field(default_factory=Limits)
    rules: Rules = Field(default_factory=Rules)
    retention: Retention = Field(default_factory=Retention)
    _unknown: tuple[str, ...] = PrivateAttr(default=())

    @field_validator("hosts")
    @classmethod
    def _one_person_each(cls, hosts: tuple[Host, ...]) -> tuple[Host, ...]:
        once((fold(email) for host in hosts for email in (host.email, *host.aliases)), "an address")
        once((host.calcom_id for host in hosts if host.calcom_id), "a calcom_id")
        return hosts

    @property
    def unknown_environment(self) -> tuple[str, ...]:
        """The GATEWAY_ variables that mean nothing here: a warning at start-up, for a name may be mistyped."""
        return self._unknown

    def beside(self, unknown: Iterable[str]) -> Self:
        """The same settings, remembering the unknown variables found beside them."""
        copy = self.model_copy()
        copy._unknown = tuple(sorted(unknown))  # noqa: SLF001 - its own class
        return copy


def load(config: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Read the file and the environment (`os.environ` unless given). Raises SettingsError with every mistake.

    The file is `config`, else the one GATEWAY_CONFIG names, else `config/gateway.toml` if present.
    An empty variable counts as not set.
    """
    environ = os.environ if environ is None else environ
    given = {name: value for name, value in environ.items() if name.startswith(PREFIX) and value}
    mistakes: list[str] = []
    known = (
        {PREFIX + name for name in _variables()}
        | {PREFIX + name + "_FILE" for name in FROM_FILES}
        | {CONFIG, TOKEN}
    )
    values = _merged(_from_toml(config, given, mistakes), _from_environment(given, mistakes))
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        mistakes += [_mistake(each, given) for each in error.errors(include_input=False, include_url=False)]
    if mistakes:
        raise SettingsError(mistakes)
    return settings.beside(set(given) - known)


def for_serving(settings: Settings) -> list[str]:
    """The mistakes that matter only to a service for real, one line each; empty when it may start."""
    tokens, webhook = settings.tokens, settings.webhook
    mistakes = []
    if not (webhook.secrets or webhook.allow_unsigned):
        mistakes.append(
            "webhook.secrets (GATEWAY_WEBHOOK__SECRETS): is needed to tell Cal.com's deliveries from forged ones"
        )
    if not settings.calcom.api_key:
        mistakes.append(
            "calcom.api_key (GATEWAY_CALCOM__API_KEY): is needed to accept and decline at Cal.com"
        )
    if not (tokens.key or tokens.public_key or tokens.service or tokens.operator):
        mistakes.append(
            "tokens.service (GATEWAY_TOKENS__SERVICE): this, or tokens.key, .public_key or .operator, is needed; else nobody may ask"
        )
    return mistakes


def origins(config: Path | None = None, environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Where each setting comes from, by its dotted name: a variable, the file, or `default`.

    For settings that `load` has read without a mistake, from the same places.
    """
    environ = os.environ if environ is None else environ
    file = str(config or environ.get(CONFIG) or DEFAULT_FILE)
    given = _from_toml(config, environ, [])
    found = {}
    for name, path in _variables().items():
        below: Any = given
        for step in path:
            below = below.get(step) if isinstance(below, dict) else None
        variables = (PREFIX + name, f"{PREFIX}{name}_FILE")
        source = next((variable for variable in variables if environ.get(variable)), None)
        found[".".join(path)] = source or ("default" if below is None else file)
    return found


def masked(settings: Settings) -> dict[str, Any]:
    """The settings as plain JSON values; a secret that is set shows as stars."""
    return settings.model_dump(mode="json")


def _variables() -> dict[str, tuple[str, ...]]:
    """Every setting's variable (without the prefix) and its path: {"LOG__LEVEL": ("log", "level"), …}."""
    return {"__".join(path).upper(): path for path in _paths(Settings.model_fields)}


def _paths(fields: Mapping[str, FieldInfo]) -> Iterator[tuple[str, ...]]:
    for name, field in fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from ((name, *path) for path in _paths(kind.model_fields))
        else:
            yield (name,)


def _text(path: str | Path) -> str:
    try:
        return Path(path).read_text("utf-8")
    except OSError as error:
        raise ValueError(f"{path} cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not UTF-8 text") from None


def _from_toml(config: Path | None, given: Mapping[str, str], mistakes: list[str]) -> dict[str, Any]:
    named = config or given.get(CONFIG)
    if not named and not DEFAULT_FILE.exists():
        return {}
    try:
        return tomllib.loads(_text(named or DEFAULT_FILE))
    except tomllib.TOMLDecodeError as error:
        mistakes.append(f"{named or DEFAULT_FILE} is not TOML: {error}")
    except ValueError as error:
        mistakes.append(str(error))
    return {}


def _from_environment(given: Mapping[str, str], mistakes: list[str]) -> dict[str, Any]:
    variables = {name: given[PREFIX + name] for name in _variables() if PREFIX + name in given}
    for name in FROM_FILES:
        variable = f"{PREFIX}{name}_FILE"
        if variable in given:
            try:
                variables[name] = _from_secret_file(name, given)
            except ValueError as error:
                mistakes.append(f"{variable}: {error}")
    return _Environment(variables)()


def _from_secret_file(name: str, given: Mapping[str, str]) -> str:
    if PREFIX + name in given:
        raise ValueError(f"give this or {PREFIX}{name}, not both")
    path = given[f"{PREFIX}{name}_FILE"]
    text = _text(path).removesuffix("\n")
    if not text.strip():
        raise ValueError(f"{path} is empty")
    if name in LINE_BY_LINE and not text.lstrip().startswith("["):
        return json.dumps([line for line in text.splitlines() if line.strip()])
    return text


class _Variables(Settings, BaseSettings):
    """Tells pydantic-settings which variables there are; never built, so that nothing reads the environment."""

    model_config = SettingsConfigDict()


class _Environment(EnvSettingsSource):
    """Variables (without the prefix) as pydantic-settings nests them; every mistake is left to the model."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        super().__init__(_Variables, env_nested_delimiter="__")
        self.env_vars = {name.lower(): value for name, value in variables.items()}

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        """JSON, or else the bare text, which the model then refuses together with whatever else is wrong."""
        try:
            return super().decode_complex_value(field_name, field, value)
        except ValueError:
            return value


def _merged(file: dict[str, Any], environment: dict[str, Any]) -> dict[str, Any]:
    values = dict(file)
    for name, value in environment.items():
        below = values.get(name)
        values[name] = {**below, **value} if isinstance(below, dict) and isinstance(value, dict) else value
    return values


def _mistake(error: ErrorDetails, given: Mapping[str, str]) -> str:
    """One line: the setting as the operator wrote it, and what is wrong with it."""
    sentence = error["msg"].removeprefix("Value error, ").replace("Input should", "should")
    return f"{_written(error['loc'], given)}: {SENTENCES.get(error['type'], sentence)}"


def _written(place: tuple[int | str, ...], given: Mapping[str, str]) -> str:
    """`webhook.secrets[0]` for the file's key, `GATEWAY_WEBHOOK__SECRETS[0]` for the variable that set it."""
    name = ""
    for variable, path in _variables().items():
        if place[: len(path)] == path:
            names = (PREFIX + variable, f"{PREFIX}{variable}_FILE")
            name, place = next((n for n in names if n in given), ".".join(path)), place[len(path) :]
            break
    for step in place:
        name += f"[{step}]" if isinstance(step, int) else f".{step}" if name else step
    return name
