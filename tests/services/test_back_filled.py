"""Calls of which the gateway heard nothing, or only the end: what their records say, and that Meta counted more. A real
gateway with the simulated Meta, whose webhooks do not come."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.simulator.webhooks import Envelope, HowItEnded, delivery_body, signature, terminate_change
from signaling.private import Token
from tests.browser.meta import LOOK_EVERY_S
from tests.fakes.softphone import PATIENCE_S
from tests.services.test_grants_at_work import PNID, SECRETS, WABA, Json, Town, town

__all__ = ["town"]


async def asked(town: Town, path: str) -> Json:
    async with town.http.get(f"{town.url}/api/v1{path}", raise_for_status=True) as answer:
        found: Json = await answer.json()
        return found


async def counts(town: Town) -> tuple[Any, ...]:
    """What Meta counted in, ours, of them filled in, missing; the same out."""
    told = await asked(town, f"/numbers/{town.number}/meta-counts")
    assert told["failure"] is None
    return tuple(tuple(told[way].values()) for way in ("inbound", "outbound"))


async def a_call_that_nobody_hears_of(town: Town) -> Json:
    """Its webhooks come in an hour, when everybody has gone home."""
    body = {"customer": "maria", "voice": "maria", "quirks": {"delay_s": 3_600}}
    call: Json = await town.sim("POST", "calls", body)
    await town.sim("POST", f"calls/{call['id']}/hang_up")
    return await town.until(call, lambda seen: seen["ended"])


async def its_end_comes(town: Town, call: Json, talked_s: int | None) -> None:
    """As after an outage: Meta gives up the connect sooner than the end."""
    now_s = datetime.now(UTC).timestamp()
    live = town.meta.exchange.calls[call["id"]]
    how = HowItEnded(now_s, None if talked_s is None else now_s - talked_s)
    change = terminate_change(Envelope(WABA, PNID, town.meta.exchange.settings.business_phone), live.news, how)
    body = delivery_body(WABA, [change])
    headers = {"X-Hub-Signature-256": signature(Token(SECRETS["meta_app_secret"]), body)}
    async with town.http.post(f"{town.url}/webhooks/meta", data=body, headers=headers) as answer:
        assert answer.status == 200


async def newest_call(town: Town, count: int) -> Json:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            calls = (await asked(town, "/calls"))["calls"]
            if len(calls) >= count:
                return await asked(town, f"/calls/{calls[0]['call_id']}")
            await asyncio.sleep(LOOK_EVERY_S)


async def test_a_call_of_which_only_the_end_was_heard_becomes_a_record_that_says_so(town: Town) -> None:
    await town.grants("ana", town.sales, take=True)
    ana = await town.sits_down("ana")
    call = await town.calls()
    ring = (await ana.until(lambda state: state.ringing)).ringing[0]
    await ana.answer(ring.call_id)
    await town.until(call, lambda seen: seen["accepted"])
    await ana.hang_up()
    await town.until(call, lambda seen: seen["ended"])
    assert (await newest_call(town, 1))["back_filled"] is False
    assert await counts(town) == ((1, 1, 0, 0), (0, 0, 0, 0))

    missed, talked = [await a_call_that_nobody_hears_of(town) for _ in range(2)]
    assert await counts(town) == ((3, 1, 0, 2), (0, 0, 0, 0)), "Meta counted two more than there are records"

    await its_end_comes(town, missed, None)
    record = await newest_call(town, 2)
    assert (record["back_filled"], record["outcome"], record["customer_name"]) == (True, "missed", "Maria Exemplo")
    cards = (await asked(town, "/callbacks"))["callbacks"]
    assert len(cards) == 1, "whoever called in vain meanwhile is a card to call back"
    await its_end_comes(town, missed, None)
    await its_end_comes(town, talked, 42)
    record = await newest_call(town, 3)
    assert record["back_filled"] is True and record["talk_s"] in (None, 42.0)
    assert await counts(town) == ((3, 3, 2, 0), (0, 0, 0, 0)), "and the end that came twice is one record"


async def test_when_meta_cannot_be_asked_the_records_are_told_and_nothing_beside_them(town: Town) -> None:
    url = f"{town.url}/api/v1/numbers/{town.number}/meta-counts"
    for days in (8, -1):
        since = (datetime.now(UTC) - timedelta(days=days)).isoformat()
        async with town.http.get(url, params={"since": since}) as answer:
            assert answer.status == 422
    town.meta.exchange.settings = replace(town.meta.exchange.settings, access_token=Token("another"))
    told = await asked(town, f"/numbers/{town.number}/meta-counts")
    assert told["failure"].startswith("meta.") and told["inbound"]["ours"] == 0
    assert [told[way]["metas"] for way in ("inbound", "outbound")] == [None, None]
