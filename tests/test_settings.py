"""The settings: where they come from, what stands above what, and how mistakes are told."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from gateway.settings import Settings, SettingsError, for_serving, load, masked

ROOT = Path(__file__).parent.parent
KEY = "k" * 32
DIGEST = "0a" * 32


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without any config/gateway.toml, to stand in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(folder: Path, text: str, name: str = "settings.toml") -> Path:
    """A file with that text."""
    file = folder / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, "utf-8")
    return file


def mistakes(environ: dict[str, str] | None = None, config: Path | None = None) -> list[str]:
    """What `load` complains about; nothing when it is content."""
    try:
        load(config, environ or {})
    except SettingsError as error:
        return error.mistakes
    return []


def test_defaults() -> None:
    """Without a file and variables, the settings are the defaults."""
    assert load(None, {}) == Settings()


def test_environment_is_read_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a mapping, the process's own environment is taken."""
    monkeypatch.setenv("GATEWAY_LOG__LEVEL", "debug")
    assert load().log.level == "debug"


def test_settings_alone_read_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Building Settings looks at no variable."""
    monkeypatch.setenv("DATABASE", "sqlite:///other.db")
    monkeypatch.setenv("GATEWAY_DATABASE", "sqlite:///other.db")
    assert Settings().database == "sqlite:///data/gateway.db"


def test_file_stands_above_defaults(elsewhere: Path) -> None:
    """What the file says replaces the default; the rest of its table stays."""
    config = written(elsewhere, "[limits]\nactions_per_minute = 7")
    assert load(config, {}).limits.model_dump() == {"actions_per_minute": 7, "failed_auth_per_minute": 60}


def test_environment_stands_above_file(elsewhere: Path) -> None:
    """A variable replaces one key of the file's table, and leaves its neighbours."""
    config = written(elsewhere, "[limits]\nactions_per_minute = 7\nfailed_auth_per_minute = 8")
    limits = load(config, {"GATEWAY_LIMITS__ACTIONS_PER_MINUTE": "9"}).limits
    assert (limits.actions_per_minute, limits.failed_auth_per_minute) == (9, 8)


def test_file_named_by_the_environment(elsewhere: Path) -> None:
    """GATEWAY_CONFIG names the file, and is no unknown name."""
    config = written(elsewhere, "[rules]\nlate_hours = 5")
    settings = load(None, {"GATEWAY_CONFIG": str(config)})
    assert (settings.rules.late_hours, settings.unknown_environment) == (5, ())


def test_file_at_its_usual_place(elsewhere: Path) -> None:
    """config/gateway.toml is read when nothing else is named."""
    written(elsewhere, "[rules]\nlate_hours = 6", "config/gateway.toml")
    assert load(None, {}).rules.late_hours == 6


def test_named_file_stands_above_the_usual_one(elsewhere: Path) -> None:
    """Only one file is read: the named one."""
    written(elsewhere, "[rules]\nlate_hours = 6", "config/gateway.toml")
    assert load(written(elsewhere, ""), {}).rules.late_hours == 48


def test_missing_file_that_was_named(elsewhere: Path) -> None:
    """A file that was asked for has to be there."""
    missing = elsewhere / "missing.toml"
    assert mistakes(config=missing) == [f"{missing} cannot be read (No such file or directory)"]


def test_file_that_is_no_toml(elsewhere: Path) -> None:
    """A broken file is one mistake, and says where it breaks."""
    (line,) = mistakes(config=written(elsewhere, "[log\n"))
    assert re.search(r"settings\.toml is not TOML: .*line 1", line)


@pytest.mark.parametrize(
    ("name", "value", "path", "expected"),
    [
        ("PROGRAMME__EVENT_TYPES", '["mentoring", 42]', "programme.event_types", ["mentoring", 42]),
        ("HOSTS", '[{"email": "a@b.c"}]', "hosts", [{"email": "a@b.c", "calcom_id": None, "aliases": []}]),
        ("PRIVACY__HIDE_HOST_EMAIL", "false", "privacy.hide_host_email", False),
        (
            "CALCOM__BASE_URL",
            "https://cal.example.org/api/v2/",
            "calcom.base_url",
            "https://cal.example.org/api/v2",
        ),
        ("LOG__LEVEL", "WARNING", "log.level", "warning"),
        ("TOKENS__SERVICE", f'["{DIGEST}"]', "tokens.service", [DIGEST]),
        ("PUBLIC_URL", "", "public_url", None),
    ],
)
def test_variables(name: str, value: str, path: str, expected: object) -> None:
    """Each kind of value is read from a variable; an empty one counts as not set."""
    found: Any = masked(load(None, {f"GATEWAY_{name}": value}))
    for step in path.split("."):
        found = found[step]
    assert found == expected


@pytest.mark.parametrize(
    ("name", "value", "mistake"),
    [
        ("DATABASE", "postgresql://user:pass@db/x", ": should be sqlite:///path/to/file.db"),
        ("PUBLIC_URL", "gateway.example.org", ": should be an http(s) address without credentials, query or fragment"),
        ("CALCOM__API_KEY", "cal_ 1", ": should be a text without spaces or line breaks"),
        ("WEBHOOK__SECRETS", "s3cret", ": should be a list (in the environment: a JSON list)"),
        ("WEBHOOK__SECRETS", '["good", " "]', "[1]: should not be empty"),
        ("TOKENS__KEY", "short", ": should be at least 32 bytes long"),
        ("TOKENS__KEY", '{"kty": "oct", "k": "0123456789abcdef"}', ": looks like a PEM or JWK; HS256 needs a plain secret"),
        ("TOKENS__PUBLIC_KEY", "nonsense", ": should be a public key in PEM form"),
        ("TOKENS__SERVICE", '["ABC"]', "[0]: should be a SHA-256 digest: 64 lower-case hex digits"),
        ("RECONCILE__EVERY_SECONDS", "-1", ": should be greater than or equal to 0"),
        ("PROGRAMME__EVENT_TYPES", "[true]", "[0]: should be an event type's id (a number) or slug (a text)"),
        ("HOSTS", '[{"email": "unknown"}]', "[0].email: should be an email address"),
        ("HOSTS", '[{"email": "a@b.c"}, {"email": "A@b.c"}]', ": an address stands there twice: `a@b.c`"),
        ("HOSTS", '[{"email": "a@b.c", "calcom": 1}]', "[0].calcom: there is no such setting"),
        ("REASONS__REJECT", '[{"code": "No", "label": "x"}]', "[0].code: should be words in lower case joined by hyphens"),
        ("REASONS__CANCEL", '[{"code": "a", "label": "x"}, {"code": "a", "label": "y"}]', ": a code stands there twice: `a`"),
        ("LOG__FORMAT", "xml", ": should be 'json' or 'console'"),
    ],
)  # fmt: skip
def test_wrong_variables(name: str, value: str, mistake: str) -> None:
    """A wrong value is one line that begins with the variable's name."""
    assert mistakes({f"GATEWAY_{name}": value}) == [f"GATEWAY_{name}{mistake}"]


def test_unsigned_is_no_secret() -> None:
    """What Cal.com sends for want of a secret can never be one."""
    (line,) = mistakes({"GATEWAY_WEBHOOK__SECRETS": '["no-secret-provided"]'})
    assert line.startswith("GATEWAY_WEBHOOK__SECRETS[0]: `no-secret-provided` is what Cal.com sends")


def test_mistakes_in_the_file_are_named_by_its_keys(elsewhere: Path) -> None:
    """Unknown keys and tables are mistakes, named as the file writes them."""
    config = written(elsewhere, 'nope = 1\nwebhook = 3\n[calcom]\napikey = "x"\n[rules]\nlate_hours = -1')
    assert sorted(mistakes(config=config)) == [
        "calcom.apikey: there is no such setting",
        "nope: there is no such setting",
        "rules.late_hours: should be greater than or equal to 0",
        "webhook: should be a table",
    ]


def test_all_mistakes_at_once(elsewhere: Path) -> None:
    """File, variables and secret files are all judged before anything is said."""
    config = written(elsewhere, "[rules]\nlate_hours = -1")
    lines = mistakes({"GATEWAY_LOG__LEVEL": "loud", "GATEWAY_TOKENS__KEY_FILE": "missing"}, config)
    assert [line.partition(":")[0] for line in lines] == [
        "GATEWAY_TOKENS__KEY_FILE",
        "GATEWAY_LOG__LEVEL",
        "rules.late_hours",
    ]


def test_secrets_are_not_quoted() -> None:
    """No line of complaint repeats a secret's value."""
    wrong = {
        "GATEWAY_CALCOM__API_KEY": "hush hush",
        "GATEWAY_WEBHOOK__SECRETS": '["hush"',
        "GATEWAY_TOKENS__KEY": "hush",
        "GATEWAY_TOKENS__PUBLIC_KEY": "hush",
        "GATEWAY_TOKENS__SERVICE": '["hush"]',
    }
    lines = mistakes(wrong)
    assert (len(lines), "hush" in "".join(lines)) == (5, False)


@pytest.mark.parametrize(
    ("text", "secrets"),
    [
        ("one\n", ["one"]),
        ("one\r\ntwo\n\n", ["one", "two"]),
        ('["one", "two"]\n', ["one", "two"]),
    ],
)
def test_webhook_secrets_from_a_file(elsewhere: Path, text: str, secrets: list[str]) -> None:
    """One secret per line, or a JSON list."""
    file = written(elsewhere, text, "secrets")
    settings = load(None, {"GATEWAY_WEBHOOK__SECRETS_FILE": str(file)})
    assert [secret.get_secret_value() for secret in settings.webhook.secrets] == secrets


def test_key_from_a_file(elsewhere: Path) -> None:
    """One trailing line break is not part of a secret."""
    file = written(elsewhere, KEY + "\n", "key")
    key = load(None, {"GATEWAY_TOKENS__KEY_FILE": str(file)}).tokens.key
    assert (key and key.get_secret_value()) == KEY


def test_wrong_secret_in_a_file_is_named_by_the_file_variable(elsewhere: Path) -> None:
    """The operator wrote `_FILE`, so the complaint says `_FILE`."""
    file = written(elsewhere, "short", "key")
    expected = ["GATEWAY_TOKENS__KEY_FILE: should be at least 32 bytes long"]
    assert mistakes({"GATEWAY_TOKENS__KEY_FILE": str(file)}) == expected


def test_empty_secret_file(elsewhere: Path) -> None:
    """A secret file without a secret is a mistake, not an absent setting."""
    file = written(elsewhere, "\n", "key")
    assert mistakes({"GATEWAY_CALCOM__API_KEY_FILE": str(file)}) == [
        f"GATEWAY_CALCOM__API_KEY_FILE: {file} is empty"
    ]


def test_secret_and_its_file_together(elsewhere: Path) -> None:
    """Nobody could say which of the two holds."""
    given = {"GATEWAY_TOKENS__KEY": KEY, "GATEWAY_TOKENS__KEY_FILE": str(written(elsewhere, KEY))}
    assert mistakes(given) == ["GATEWAY_TOKENS__KEY_FILE: give this or GATEWAY_TOKENS__KEY, not both"]


def test_unknown_variables_are_only_noted() -> None:
    """A name that means nothing does not stop the start; it can be warned about."""
    settings = load(None, {"GATEWAY_PORT": "tcp://10.0.0.1:80", "GATEWAY_LOG__LEVL": "debug", "HOME": "/"})
    assert settings.unknown_environment == ("GATEWAY_LOG__LEVL", "GATEWAY_PORT")


def test_frozen() -> None:
    """Nobody changes a setting while the service runs."""
    with pytest.raises(ValidationError):
        Settings().rules.late_hours = 1  # type: ignore[misc]


def test_defaults_cannot_serve() -> None:
    """A service for real needs a webhook secret, an API key and a way to know its callers."""
    lines = for_serving(Settings())
    expected = ["webhook.secrets", "calcom.api_key", "tokens.service"]
    assert [line.partition(" ")[0] for line in lines] == expected


@pytest.mark.parametrize("tokens", [f'TOKENS__OPERATOR=["{DIGEST}"]', f"TOKENS__KEY={KEY}"])
@pytest.mark.parametrize("webhook", ['WEBHOOK__SECRETS=["s"]', "WEBHOOK__ALLOW_UNSIGNED=true"])
def test_enough_to_serve(tokens: str, webhook: str) -> None:
    """Any way to know callers and deliveries will do."""
    given = dict(line.split("=", 1) for line in (tokens, webhook, "CALCOM__API_KEY=cal_1"))
    settings = load(None, {f"GATEWAY_{name}": value for name, value in given.items()})
    assert for_serving(settings) == []


def test_masked() -> None:
    """Shown settings are plain JSON in which set secrets are stars and unset ones null."""
    shown = masked(
        load(None, {"GATEWAY_CALCOM__API_KEY": "cal_hush", "GATEWAY_WEBHOOK__SECRETS": '["hush"]'})
    )
    text = json.dumps(shown)
    assert ("hush" in text, shown["calcom"]["api_key"], shown["tokens"]["key"]) == (False, "**********", None)


def test_example_names_every_setting() -> None:
    """Each setting has its line in the example file."""
    lines = (ROOT / "config/gateway.example.toml").read_text("utf-8").splitlines()
    named = {line.removeprefix("# ").partition(" = ")[0] for line in lines if " = " in line}
    defaults = masked(Settings())
    assert {key for value in defaults.values() if isinstance(value, dict) for key in value} <= named
    assert {key for key, value in defaults.items() if not isinstance(value, dict)} <= named


def test_example_and_demo_files_load() -> None:
    """The example as it is changes nothing; the demo's file is right."""
    assert load(ROOT / "config/gateway.example.toml", {}) == Settings()
    assert load(ROOT / "config/demo.toml", {}).database == "sqlite:///data/demo/gateway.db"
