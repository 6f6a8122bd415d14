"""What the gateway says at its start about settings that are allowed, and surprise."""

import pytest

from gateway.settings import PREFIX, Settings
from gateway.start_check import worries
from signaling.meta_rules import Limits
from signaling.process_budget import ProcessLimits

FITS = ProcessLimits(ports=5_000, descriptors=20_000)


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(PREFIX + name.upper(), raising=False)


def settings(**given: object) -> Settings:
    whole = {"secret_key": "k" * 32, "meta_app_secret": "app", "meta_verify_token": "word"}
    return Settings.load(None, **{**whole, **given})


def test_a_whole_set_of_settings_worries_nobody() -> None:
    assert worries(settings(), FITS, [Limits()]) == []
    behind_a_proxy = settings(public_url="https://calls.example.com", trusted_proxies="127.0.0.1")
    assert worries(behind_a_proxy, FITS, [Limits()]) == []


def test_what_is_missing_is_said_with_what_it_means() -> None:
    (secret,) = worries(settings(meta_app_secret=""), FITS, [])
    assert "RAMAL_META_APP_SECRET is not set" in secret and "refused" in secret
    (token,) = worries(settings(meta_verify_token=""), FITS, [])
    assert "RAMAL_META_VERIFY_TOKEN is not set" in token
    (proxies,) = worries(settings(public_url="https://calls.example.com"), FITS, [])
    assert "RAMAL_TRUSTED_PROXIES is not set" in proxies


def test_ports_that_are_too_few_for_all_numbers_at_their_limits_are_told() -> None:
    assert worries(settings(), ProcessLimits(ports=4_000), [Limits(), Limits()]) == []
    (ports,) = worries(settings(), ProcessLimits(ports=3_999), [Limits(), Limits()])
    assert "RAMAL_META_PORTS has 3999 ports" in ports
