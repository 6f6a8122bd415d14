"""What an operator should know when the gateway starts: it runs, and something will not work as they think. Pure."""

from collections.abc import Iterable

from gateway.settings import Settings
from signaling.meta_rules import Limits
from signaling.process_budget import ProcessLimits, misfits


def worries(settings: Settings, process: ProcessLimits, numbers: Iterable[Limits]) -> list[str]:
    """One sentence each, with what to do; none holds a value that is secret."""
    sentences = []
    if not settings.meta_app_secret:
        sentences.append("RAMAL_META_APP_SECRET is not set: every webhook of Meta is refused, and no call comes in.")
    if settings.meta_verify_token is None:
        sentences.append("RAMAL_META_VERIFY_TOKEN is not set: Meta cannot confirm the address of the webhook.")
    if settings.is_https and not settings.trusted_proxies:
        sentences.append(
            "RAMAL_TRUSTED_PROXIES is not set, and TLS needs a proxy in front: all logins seem to come from it, "
            "and share one limit of attempts."
        )
    calls = sum(limits.concurrent_inbound + limits.concurrent_outbound for limits in numbers)
    return [*sentences, *misfits(process, calls)]
