import re
from ipaddress import ip_network
from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway.media.planes import PlaneChoice
from gateway.setting_examples import EXAMPLES
from gateway.settings import PREFIX, LogFormat, Settings, SettingsError
from signaling.private import Token

KEY = "k" * 32
DOCS = Path(__file__).parents[2] / "docs" / "settings.md"


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(PREFIX + name.upper(), raising=False)


def load(**given: object) -> Settings:
    return Settings.load(None, **{"secret_key": KEY, **given})


def problems_of(**given: object) -> str:
    with pytest.raises(SettingsError) as error:
        load(**given)
    return str(error.value)


def test_every_setting_has_a_line_in_the_docs_and_every_line_a_setting() -> None:
    documented = re.findall(r"^\| `(RAMAL_[A-Z_]+)` \|", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(documented) == sorted(PREFIX + name.upper() for name in Settings.model_fields)


def test_every_setting_has_an_example_for_its_error() -> None:
    assert set(EXAMPLES) == set(Settings.model_fields)


def test_a_secret_key_is_all_that_is_needed() -> None:
    settings = load()
    assert settings.database_url.value == "sqlite:///data/ramal.db"
    assert settings.listen == ("127.0.0.1", 8080)
    assert settings.public_url == "http://127.0.0.1:8080"
    assert settings.media_address == "127.0.0.1"
    assert settings.meta_ports == range(40000, 45000)
    assert settings.graph_url == "https://graph.facebook.com"
    assert settings.plane is PlaneChoice.AUTO


def test_a_missing_secret_key_is_said_with_the_command_that_makes_one() -> None:
    with pytest.raises(SettingsError) as error:
        Settings.load(None)
    assert len(error.value.problems) == 1
    assert "RAMAL_SECRET_KEY is not set" in error.value.problems[0]
    assert "secrets.token_urlsafe" in error.value.problems[0]


def test_the_environment_is_read_and_wins_over_the_env_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text(f"RAMAL_SECRET_KEY={KEY}\nRAMAL_LISTEN=0.0.0.0:9000\nRAMAL_LOG_FORMAT=json\nOTHER=1\n")
    monkeypatch.setenv("RAMAL_LISTEN", "[::1]:9001")
    monkeypatch.setenv("RAMAL_META_APP_SECRET", "one, two")
    monkeypatch.setenv("RAMAL_TRUSTED_PROXIES", "10.0.0.0/8,127.0.0.1")
    monkeypatch.setenv("RAMAL_META_PORTS", "50000-50009")
    settings = Settings.load(env_file)
    assert settings.listen == ("::1", 9001)
    assert settings.public_url == "http://[::1]:9001"
    assert settings.log_format is LogFormat.JSON
    assert settings.meta_app_secret == (Token("one"), Token("two"))
    assert settings.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("127.0.0.1"))
    assert settings.meta_ports == range(50000, 50010)


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAMAL_PUBLIC_URL", "")
    monkeypatch.setenv("RAMAL_META_TOKEN", "")
    assert load().public_url == "http://127.0.0.1:8080"
    assert load().meta_token is None


def test_the_default_database_lives_in_the_data_directory() -> None:
    assert load(data_dir="/var/lib/ramal").database_url.value == "sqlite:////var/lib/ramal/ramal.db"


@pytest.mark.parametrize(
    ("given", "origin"),
    [
        ("https://Calls.Example.com/", "https://calls.example.com"),
        ("https://calls.example.com:443", "https://calls.example.com"),
        ("http://10.0.0.1:8080", "http://10.0.0.1:8080"),
    ],
)
def test_the_public_url_is_kept_as_browsers_write_an_origin(given: str, origin: str) -> None:
    assert load(public_url=given).public_url == origin


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("secret_key", "too-short"),
        ("secret_key", f"{KEY},short"),
        ("secret_key", " , "),
        ("database_url", "mysql://h/d"),
        ("listen", "8080"),
        ("listen", "127.0.0.1:99999"),
        ("listen", "127.0.0.1:http"),
        ("public_url", "calls.example.com"),
        ("public_url", "https://calls.example.com/path"),
        ("public_url", "https://user@calls.example.com"),
        ("public_url", "https://calls.example.com:x"),
        ("trusted_proxies", "proxy.example"),
        ("session_hours", "0"),
        ("session_hours", "nan"),
        ("session_hours", "100000"),
        ("embed_origins", "crm.example.com"),
        ("embed_origins", "https://crm.example.com/page"),
        ("embed_origins", "http://crm.example.com"),
        ("embed_origins", "http://127.0.0.1.example.com"),
        ("embed_origins", "https://*.example.com"),
        ("embed_origins", "https://crm.example.com, *"),
        ("embed_origins", "https://a;script-src b"),
        ("embed_origins", "https://a'none'"),
        ("embed_origins", "https://[::1]"),
        ("media_address", "media.example.com"),
        ("media_port", "70000"),
        ("media_port", "ten"),
        ("meta_ports", "40000"),
        ("meta_ports", "45000-40000"),
        ("meta_ports", "0-10"),
        ("meta_ports", "40000-70000"),
        ("plane", "fast"),
        ("turn_urls", "stun:turn.example.com"),
        ("graph_url", "graph.facebook.com"),
        ("graph_version", "25"),
        ("log_level", "loud"),
    ],
)
def test_a_bad_value_is_refused_in_words_that_name_the_variable_and_an_example(name: str, value: str) -> None:
    lines = problems_of(**{name: value}).splitlines()
    assert len(lines) == 2
    assert lines[1].startswith(f"- RAMAL_{name.upper()} ")
    assert f"Example: {EXAMPLES[name]}" in lines[1]


def test_sites_that_may_show_the_panel_are_kept_as_browsers_write_an_origin_and_once() -> None:
    assert load().embed_origins == ()
    given = "https://CRM.example.com/, https://crm.example.com:443 , http://localhost:3000,https://xn--4ca.example:8443"
    assert load(embed_origins=given).embed_origins == (
        "https://crm.example.com",
        "http://localhost:3000",
        "https://xn--4ca.example:8443",
    )


def test_all_problems_are_said_at_once() -> None:
    assert len(problems_of(listen="x", plane="x", media_port="x").splitlines()) == 4


STICKY_SECRET = "whsec_c3RpY2t5LXdvcmQtb2YtMzItY2hhcmFjdGVycy1vci1tb3Jl"


def test_no_secret_is_ever_printed() -> None:
    secrets = {
        "secret_key": "secret-key-of-32-characters-or-more",
        "meta_app_secret": "app-secret-1,app-secret-2",
        "meta_verify_token": "verify-word",
        "meta_token": "EAAtoken",
        "turn_secret": "turn-word",
        "sticky_secret": STICKY_SECRET,
        "database_url": "postgresql://u:database-word@h/d",
        "redis_url": "redis://:redis-word@h",
    }
    settings = load(**secrets)
    printed = f"{settings} {settings!r} {settings.model_dump()}"
    for text in (*secrets.values(), "app-secret", "database-word", "redis-word"):
        assert text not in printed
    assert {"app-secret-1", "app-secret-2", "verify-word", "EAAtoken", "turn-word", STICKY_SECRET} < set(
        settings.secrets
    )


def test_a_refused_secret_is_not_repeated_in_the_error() -> None:
    assert "my-short-key" not in problems_of(secret_key="my-short-key")
    assert "hunter2" not in problems_of(database_url="mysql://u:hunter2@h/d")


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        load().plane = PlaneChoice.PYTHON  # type: ignore[misc]
