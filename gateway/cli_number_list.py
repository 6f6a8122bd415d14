"""`ramal number list`: each number with how it stands, as far as the database knows. Health and load are known to the
gateway that runs: its page of numbers, `/api/v1/numbers/standing` and `/api/v1/capacity`."""

import asyncio
from collections.abc import Sequence

from gateway.api.number_settings_bodies import mirror_told
from gateway.clock import utc_now
from signaling.number_alerts import NumberWarning
from signaling.number_facts import Looked
from signaling.number_standing import OPEN_FOR, calling_of, open_alerts
from signaling.ports import Number
from signaling.settings_at_meta import CALLING, LEFT_ALONE, SettingsAtMeta, Wanted
from store.number_settings import SqlNumberSettings
from store.number_warnings import SqlNumberWarnings
from store.numbers import SqlNumberStore

NEVER_ASKED = Looked(None, None, None)


async def listed(numbers: SqlNumberStore) -> list[str]:
    """One line per number. Raises NeighbourError."""
    settings = SqlNumberSettings(numbers.database, numbers.secrets)
    found, mirrors, warnings = await asyncio.gather(
        numbers.all(), settings.mirrors(), SqlNumberWarnings(numbers.database).since(utc_now() - OPEN_FOR)
    )
    return [
        "\t".join(
            (
                line_of(number),
                _calling(*mirrors.get(number.id, (LEFT_ALONE, None))),
                _open(number, warnings.get(number.id, ())),
            )
        )
        for number in found
    ]


def line_of(number: Number) -> str:
    inbound = "disabled" if number.is_disabled else "inbound" if number.inbound_enabled else "no inbound"
    token = "RAMAL_META_TOKEN" if number.token is None else "own token"
    return "\t".join((number.phone_number_id, number.label, number.department_name or "-", inbound, token))


def _calling(wanted: Wanted, at_meta: SettingsAtMeta | None) -> str:
    mirror = mirror_told(wanted, at_meta, NEVER_ASKED)
    metas = next(place.metas for place in mirror.places if place.place == CALLING)
    seen = "" if mirror.at is None else f", {mirror.at.isoformat(timespec='seconds')}"
    differing = [place.place for place in mirror.places if place.differs]
    differs = f", differs: {' '.join(differing)}" if differing else ""
    return f"calling {calling_of(metas)} at Meta{seen}{differs}"


def _open(number: Number, warnings: Sequence[NumberWarning]) -> str:
    alerts = open_alerts(number, NEVER_ASKED, warnings, None, utc_now())
    return "nothing open" if not alerts else "open: " + " ".join(each.kind or each.code for each in alerts)
