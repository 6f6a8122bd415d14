"""To whom each event of Meta's webhooks is told."""

from collections.abc import Sequence
from typing import Protocol

import structlog

from gateway.meta_files import MetaFiles
from gateway.warnings_kept import WarningsKept
from signaling.events import (
    AccountUpdated,
    CallAnswerReceived,
    CallOffered,
    CallStatusChanged,
    CallTerminated,
    NumberErrorReported,
    Unrecognised,
    WebhookEvent,
)
from signaling.exchange import Exchange
from signaling.meta.receiver import Handle
from signaling.number_facts import MetaFacts
from signaling.permissions import Permissions

log = structlog.get_logger(__name__)


class Mirror(Protocol):
    """`gateway.hours_keeper.HoursKeeper`, `gateway.settings_keeper.SettingsKeeper`. Never waits."""

    def heard(self, event: WebhookEvent) -> None: ...


def told_to(
    exchange: Exchange,
    permissions: Permissions,
    number_facts: MetaFacts,
    mirrors: Sequence[Mirror],
    warnings: WarningsKept,
    meta_files: MetaFiles,
) -> Handle:
    """`mirrors`: whoever keeps something of ours at Meta."""

    async def handle(event: WebhookEvent) -> None:
        """A call is told first: it must not wait for what else its event means."""
        match event:
            case CallOffered() | CallAnswerReceived() | CallStatusChanged() | CallTerminated():
                await exchange.deliver(event)
            case NumberErrorReported(errors=errors):
                log.error("meta_reports_errors", codes=[error.code for error in errors])
            case AccountUpdated(warning=warning, types=types):
                log.warning("meta_warns_account", warning=warning.value, types=list(types))
            case Unrecognised(field_name=field_name, what=what):
                log.warning("webhook_item_unrecognised", field=field_name, what=what)
            case _:
                log.debug("webhook_item_of_no_call", kind=type(event).__name__)
        number_facts.heard(event)
        for mirror in mirrors:
            mirror.heard(event)
        await warnings.heard(event)
        await meta_files.heard(event)
        await permissions.heard(event)

    return handle
