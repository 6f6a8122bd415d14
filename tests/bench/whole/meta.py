"""The simulated Meta as a benchmark asks it, over its control API."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aiohttp


@dataclass(frozen=True, slots=True)
class MetaCall:
    """One call as the customer's side saw it; times are Unix seconds, to the millisecond."""

    id: str
    offered_unix_s: float
    pre_accepted_unix_s: float | None
    first_packet_unix_s: float | None  # of the business
    ended: bool
    srtp_profile: str
    said: int  # packets of the customer
    heard: int  # packets of the business
    lost: int  # missing in those


class SimulatedMeta:
    def __init__(self, url: str, http: aiohttp.ClientSession) -> None:
        self._url, self._http = url, http

    async def is_verified(self) -> bool:
        """Whether it is there and the gateway has passed its handshake."""
        try:
            return bool((await self._ask("GET", "/sim/state"))["webhook_verified"])
        except aiohttp.ClientConnectionError:
            return False

    async def place_call(self) -> str:
        """A customer calls, and will speak without a pause; the simulator's id of the call."""
        call_id: str = (await self._ask("POST", "/sim/calls", {"customer": "maria", "voice": "maria"}))["id"]
        return call_id

    async def call(self, call_id: str) -> MetaCall:
        told = await self._ask("GET", f"/sim/calls/{call_id}")
        media = told["media"]
        offered_unix_s = _unix_s(told["offered_at"])
        assert offered_unix_s is not None
        return MetaCall(
            id=told["id"],
            offered_unix_s=offered_unix_s,
            pre_accepted_unix_s=_unix_s(told["pre_accepted_at"]),
            first_packet_unix_s=_unix_s(media["first_packet_in_at"]),
            ended=told["ended"],
            srtp_profile=media["srtp_profile"],
            said=media["packets_out"],
            heard=media["packets_in"],
            lost=media["packets_lost_in"],
        )

    async def hang_up(self, call_id: str) -> None:
        await self._ask("POST", f"/sim/calls/{call_id}/hang_up")

    async def faults(self) -> dict[str, int]:
        """What the simulator found wrong with the gateway: kind → how often."""
        found: dict[str, int] = {}
        for fault in (await self._ask("GET", "/sim/faults"))["faults"]:
            found[fault["kind"]] = found.get(fault["kind"], 0) + fault["times"]
        return found

    async def _ask(self, method: str, path: str, body: object = None) -> Any:
        async with self._http.request(method, self._url + path, json=body, raise_for_status=True) as answer:
            return await answer.json()


def _unix_s(iso: str | None) -> float | None:
    return None if iso is None else datetime.fromisoformat(iso).timestamp()
