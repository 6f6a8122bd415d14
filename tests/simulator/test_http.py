"""The simulator's HTTP faces, against a gateway in miniature: Graph, webhooks, the control API."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from gateway.simulator.settings import MetaRules
from tests.simulator.fake_gateway import FakeGateway, bench
from tests.simulator.payloads import GOOD_ANSWER, payload

PNID, WABA = "306540000000002", "204857600000001"
QUICK = MetaRules(webhook_retry_s=(0.01,), graph_latency_s=0.0)


async def test_the_callback_is_verified_before_anybody_can_call() -> None:
    async with bench() as world:
        await world.simulator.verified.wait()
        assert world.gateway.handshakes == 1
        _, state = await world.sim("GET", "state")
        assert state["webhook_verified"] is True
        assert world.fault_kinds == set()


async def test_a_callback_with_another_verify_token_is_a_fault_and_nobody_can_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gateway.simulator.control_api.HANDSHAKE_PATIENCE_S", 0.0)
    async with bench(gateway=FakeGateway(verify_token="another")) as world:
        await world.until(lambda: world.fault_kinds == {"handshake"})
        status, answer = await world.sim("POST", "calls", {"customer": "maria"})
        assert status == 409
        assert "handshake" in answer["why"]


async def test_a_call_arrives_as_a_signed_webhook_with_the_live_offer() -> None:
    async with bench() as world:
        placed = await world.call("ana", voice="ana")
        connect = await world.gateway.event("connect")
        assert placed["wacid"] == connect["id"]
        assert connect["session"]["sdp"].startswith("v=0\r\no=- ")
        assert "a=ice-lite\r\n" in connect["session"]["sdp"]
        assert "from" not in connect
        assert connect["from_user_id"].startswith("BR.")
        contact = world.gateway.bodies[0]["entry"][0]["changes"][0]["value"]["contacts"][0]
        assert contact["profile"] == {"name": "Ana Amostra", "username": "ana.amostra"}
        assert world.gateway.bad_signatures == 0


async def test_a_webhook_is_repeated_until_it_is_answered_200() -> None:
    async with bench(QUICK, FakeGateway(statuses=[500, 302, 401])) as world:
        placed = await world.call()
        await world.gateway.has_calls(4)
        await world.until(lambda: world.simulator.exchange.calls[placed["id"]].parcels[0].delivered_at_s is not None)
        _, state = await world.sim("GET", f"calls/{placed['id']}")
        assert state["webhooks"][0]["attempts"] == 4
        assert world.fault_kinds == {"webhook_refused"}


async def test_a_gateway_that_never_answers_times_out_and_gets_it_again() -> None:
    class Hanging(FakeGateway):
        async def webhook(self, request: Any) -> Any:
            answer = await super().webhook(request)
            if len(self.bodies) == 1:
                await asyncio.Event().wait()
            return answer

    async with bench(replace(QUICK, webhook_timeout_s=0.05), Hanging()) as world:
        await world.call()
        await world.gateway.has_calls(2)
        assert world.fault_kinds == {"webhook_slow"}


async def test_a_whole_missed_call_by_graph() -> None:
    async with bench(QUICK) as world:
        placed = await world.call()
        wacid = (await world.gateway.event("connect"))["id"]
        assert await world.act("pre_accept", wacid, GOOD_ANSWER) == (200, payload("response_calls_success"))
        _, state = await world.sim("GET", f"calls/{placed['id']}")
        assert (state["phase"], state["ringing"]) == ("ringing", True)
        assert await world.act("reject", wacid) == (200, payload("response_calls_success"))
        terminate = await world.gateway.event("terminate")
        assert terminate["status"] == "COMPLETED"
        assert "start_time" not in terminate
        assert world.fault_kinds == set()


async def test_the_businesss_note_comes_back_only_from_accept() -> None:
    async with bench(QUICK) as world:
        placed = await world.call()
        wacid = (await world.gateway.event("connect"))["id"]
        await world.act("pre_accept", wacid, GOOD_ANSWER)
        body = payload("request_calls_accept") | {
            "call_id": wacid,
            "session": {"sdp_type": "answer", "sdp": GOOD_ANSWER},
        }
        assert (await world.graph("POST", f"{PNID}/calls", body))[0] == 200
        status, ended = await world.sim("POST", f"calls/{placed['id']}/hang_up")
        assert (status, ended["ended_by"]) == (200, "customer")
        terminate = await world.gateway.event("terminate")
        assert terminate["biz_opaque_callback_data"] == body["biz_opaque_callback_data"]
        assert int(terminate["end_time"]) >= int(terminate["start_time"])


@pytest.mark.parametrize("case", payload("sdp_invalid_business_answers"), ids=lambda case: str(case["case"]))
async def test_graph_refuses_every_invalid_answer_of_the_reference(case: dict[str, str]) -> None:
    async with bench(QUICK) as world:
        await world.call()
        wacid = (await world.gateway.event("connect"))["id"]
        status, body = await world.act("pre_accept", wacid, case["sdp"])
        assert (status, body["error"]["code"], body["error"]["type"]) == (400, 100, "OAuthException")
        assert world.fault_kinds == {"bad_answer"}


@pytest.mark.parametrize(
    ("kwargs", "status", "code", "fault"),
    [
        ({"token": "wrong"}, 401, 190, "unauthorized"),
        ({"version": "v20.0"}, 400, 2500, "bad_request"),
        ({"version": "vX"}, 400, 2500, "bad_request"),
        ({"path": "999/calls"}, 400, 100, "bad_request"),
        ({"path": f"{PNID}/nonsense"}, 400, 100, "bad_request"),
        ({"method": "GET"}, 400, 100, "bad_request"),
        ({"body": None}, 400, 100, "bad_request"),
        ({"body": []}, 400, 100, "bad_request"),
        ({"body": {"action": "reject", "call_id": "x"}}, 400, 100, "bad_request"),
        ({"body": {"messaging_product": "whatsapp", "action": "hold", "call_id": "x"}}, 400, 100, "bad_request"),
        ({"body": {"messaging_product": "whatsapp", "action": "reject", "call_id": "x"}}, 400, 100, "unknown_call"),
        (
            {"body": {"messaging_product": "whatsapp", "action": "accept", "call_id": "x", "session": "v=0"}},
            400,
            100,
            "bad_request",
        ),
    ],
)
async def test_a_bad_request_gets_metas_error_body_and_is_noticed(
    kwargs: dict[str, Any], status: int, code: int, fault: str
) -> None:
    async with bench(QUICK) as world:
        asked = {"method": "POST", "path": f"{PNID}/calls", "body": {}} | kwargs
        got, body = await world.graph(**asked)
        assert (got, body["error"]["code"], body["error"]["type"]) == (status, code, "OAuthException")
        assert world.fault_kinds == {fault}


async def test_connect_is_refused_for_want_of_permission() -> None:
    async with bench(QUICK) as world:
        await world.sim("PUT", "dialing", {"permitted": False})
        status, body = await world.graph("POST", f"{PNID}/calls", payload("request_calls_connect"))
        assert (status, body["error"]["code"]) == (401, 138006)
        assert world.fault_kinds == set()


async def test_too_many_requests_a_second_are_refused() -> None:
    async with bench(replace(QUICK, graph_requests_per_s=3)) as world:
        answers = [await world.graph("GET", PNID) for _ in range(4)]
        assert [status for status, _body in answers] == [200, 200, 200, 429]
        assert answers[-1][1]["error"]["code"] == 613


async def test_settings_subscriptions_and_fields_of_the_number() -> None:
    async with bench(QUICK) as world:
        assert await world.graph("POST", f"{PNID}/settings", payload("request_settings_full")) == (
            200,
            payload("response_settings_success"),
        )
        _, settings = await world.graph("GET", f"{PNID}/settings")
        assert settings["calling"].items() >= payload("request_settings_full")["calling"].items()
        bad = {"calling": {"status": "perhaps"}}
        assert (await world.graph("POST", f"{PNID}/settings", bad))[0] == 400
        _, apps = await world.graph("GET", f"{WABA}/subscribed_apps")
        assert len(apps["data"]) == 1
        assert await world.graph("DELETE", f"{WABA}/subscribed_apps") == (200, {"success": True})
        enable = {"calling": {"status": "ENABLED"}}
        assert (await world.graph("POST", f"{PNID}/settings", enable))[1]["error"]["code"] == 138018
        assert await world.graph("POST", f"{WABA}/subscribed_apps", {}) == (200, {"success": True})
        _, number = await world.graph("GET", f"{PNID}?fields=verified_name,quality_rating")
        assert number == {"verified_name": "Loja Exemplo", "quality_rating": "GREEN", "id": PNID}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"customer": 1},
        {"customer": "maria", "quirks": {"duplicates": 1000}},
        {"customer": "maria", "quirks": {"unknown": 1}},
        {"customer": "maria", "colour": "red"},
    ],
)
async def test_the_control_api_refuses_what_it_does_not_know(body: dict[str, Any]) -> None:
    async with bench() as world:
        status, answer = await world.sim("POST", "calls", body)
        assert status == 422
        assert answer["why"]


async def test_unknown_customers_voices_calls_and_browser_offers_are_refused() -> None:
    async with bench() as world:
        assert (await world.sim("POST", "calls", {"customer": "nobody"}))[0] == 409
        assert (await world.sim("POST", "calls", {"customer": "maria", "voice": "nobody"}))[0] == 409
        assert (await world.sim("POST", "calls", {"customer": "maria", "browser_offer": "v=0"}))[0] == 409
        assert (await world.sim("GET", "calls/nothing"))[0] == 404
        placed = await world.call()
        assert (await world.sim("POST", f"calls/{placed['id']}/digit", {"digit": "x"}))[0] == 422
        assert (await world.sim("POST", f"calls/{placed['id']}/digit", {"digit": "5"}))[0] == 409
        assert (await world.sim("POST", f"calls/{placed['id']}/repeat", {"event": "terminate"}))[0] == 422


async def test_faults_can_be_read_and_cleared() -> None:
    async with bench(QUICK) as world:
        await world.graph("GET", PNID, token="wrong")
        await world.graph("GET", PNID, token="wrong")
        _, answer = await world.sim("GET", "faults")
        assert [(f["kind"], f["times"], f["call"]) for f in answer["faults"]] == [("unauthorized", 2, None)]
        assert await world.sim("DELETE", "faults") == (200, {"faults": []})


async def test_the_event_stream_tells_of_a_new_call() -> None:
    async with bench(QUICK) as world, world.http.get(f"{world.simulator.url}/sim/events") as stream:
        placed = await world.call()
        async for line in stream.content:
            if placed["id"].encode() in line:
                return
        raise AssertionError("the stream ended")


@pytest.mark.parametrize("path", ["", "phone.css", "phone.js", "words.js", "sound.js"])
async def test_the_page_is_served(path: str) -> None:
    async with bench() as world, world.http.get(f"{world.simulator.url}/{path}") as answer:
        assert answer.status == 200
        assert len(await answer.read()) > 100


async def test_no_other_file_is_served() -> None:
    async with bench() as world:
        for path in ("secrets.txt", "..%2fapp.py", "%2e%2e/app.py"):
            async with world.http.get(f"{world.simulator.url}/{path}") as answer:
                assert answer.status == 404
