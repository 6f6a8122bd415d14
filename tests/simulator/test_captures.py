"""Meta's own recording and transcription, as the simulator rules them: how they are asked for, told and handed out."""

import base64
import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from gateway.simulator.captures import read_captures
from gateway.simulator.refusals import Refusal
from gateway.simulator.settings import MetaRules
from tests.simulator.fake_gateway import ACCESS_TOKEN, Bench, bench
from tests.simulator.payloads import GOOD_ANSWER, payload

PNID = "306540000000002"
ASKED = {"status": "ENABLED", "purpose": "Qualidade do atendimento", "announcement_language": "pt"}
QUICK = MetaRules(webhook_retry_s=(0.01,), graph_latency_s=0.0, capture_s=0.0)


@dataclass
class Shop:
    world: Bench

    async def accept(self, action: str = "accept", **more: Any) -> tuple[int, Any]:
        body = {"messaging_product": "whatsapp", "call_id": self.wacid, "action": action, **more}
        return await self.world.graph(
            "POST", f"{PNID}/calls", {**body, "session": {"sdp_type": "answer", "sdp": GOOD_ANSWER}}
        )

    async def ring(self) -> None:
        placed = await self.world.call("joao", voice="joao")
        self.wacid = placed["wacid"]
        assert (await self.accept("pre_accept"))[0] == 200

    async def hang_up(self) -> None:
        assert (await self.world.act("terminate", self.wacid))[0] == 200

    async def download(self, url: str, token: str = ACCESS_TOKEN) -> tuple[int, bytes]:
        headers = {"Authorization": f"Bearer {token}"}
        async with aiohttp.ClientSession() as http, http.get(url, headers=headers) as answer:
            return answer.status, await answer.read()


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    async with bench(QUICK) as world:
        shop = Shop(world)
        await shop.ring()
        yield shop


@pytest.mark.parametrize(
    "wrong",
    [
        "on",
        {},
        {**ASKED, "status": "YES"},
        {**ASKED, "purpose": ""},
        {**ASKED, "purpose": "x" * 251},
        {**ASKED, "announcement_language": "pt_BR"},
        {**ASKED, "announcement_language": None},
        {**ASKED, "more": 1},
        {"status": "ENABLED"},
    ],
)
def test_what_meta_would_not_take_is_refused(wrong: object) -> None:
    assert isinstance(read_captures({"recording": wrong}), Refusal)
    asked = read_captures({"recording": ASKED, "transcription": {"status": "DISABLED"}})
    assert asked == frozenset({"recording"})


async def test_both_belong_to_accept_and_to_no_other_action(shop: Shop) -> None:
    assert (await shop.accept("pre_accept", recording=ASKED))[0] == 400
    assert (await shop.accept(recording={**ASKED, "purpose": ""}))[0] == 400
    assert shop.world.fault_kinds == {"bad_request"}


async def test_what_was_asked_for_is_told_after_the_end_and_handed_out_for_a_while(shop: Shop) -> None:
    assert (await shop.accept(recording=ASKED, transcription=ASKED))[0] == 200
    await shop.hang_up()
    recording = await shop.world.gateway.event("call_recording_available")
    transcription = await shop.world.gateway.event("call_transcription_available")
    captured = payload("webhook_calls_recording_available")["entry"][0]["changes"][0]["value"]["calls"][0]
    assert set(captured) <= set(recording) and recording["call_recording"]["type"] == "audio"
    file = recording["call_recording"]["audio"]
    assert set(file) == set(captured["call_recording"]["audio"])
    status, content = await shop.download(file["url"])
    assert (status, content[:4]) == (200, b"OggS")
    assert base64.b64decode(file["sha256"]) == hashlib.sha256(content).digest()

    clock = {"forward_s": 301.0}
    await shop.world.sim("POST", "clock", clock)
    assert (await shop.download(file["url"]))[0] == 404, "five minutes"
    status, about = await shop.world.graph("GET", file["id"])
    assert (status, about["mime_type"], about["file_size"]) == (200, "audio/ogg; codecs=opus", len(content))
    assert await shop.download(about["url"]) == (200, content)
    assert (await shop.download(about["url"], "another"))[0] == 401

    document = transcription["call_transcript"]["document"]
    told = json.loads((await shop.download((await shop.world.graph("GET", document["id"]))[1]["url"]))[1])
    shape = payload("document_call_transcript")["transcript"]["segments"][0]
    assert {key for one in told["transcript"]["segments"] for key in one} == set(shape)
    await shop.world.sim("POST", "clock", {"forward_s": 7 * 86_400.0})
    assert (await shop.world.graph("GET", file["id"]))[0] == 400, "seven days"
    assert shop.world.fault_kinds == {"expired_address", "unauthorized"}


async def test_nothing_is_kept_of_a_call_for_which_nobody_asked(shop: Shop) -> None:
    assert (await shop.accept())[0] == 200
    await shop.hang_up()
    await shop.world.gateway.event("terminate")
    assert not any("available" in call["event"] for call in shop.world.gateway.calls)
