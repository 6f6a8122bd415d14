"""Customers who talk: both voices found by correlation, and gateways that break Meta's media rules caught."""

import asyncio
import time
from dataclasses import replace

import pytest

from gateway.media.plane import OPUS_FRAME_TICKS, SILENCE, Prompt
from gateway.simulator.clips import Voice, voices
from gateway.simulator.customer_line import CustomerLine
from gateway.simulator.settings import MetaRules
from tests.simulator.fake_gateway import Bench, TalkingLeg, bench, talking_leg
from tests.simulator.sound import decode_ogg, decode_packets, likeness, voice_samples

RULES = MetaRules(graph_latency_s=0.05, late_audio_s=5.0)  # a busy machine is not the subject here
AGENT_VOICE = Prompt("peter", voices()["peter"].packets, loop=True)


async def ringing(world: Bench, leg: TalkingLeg, wacid: str) -> None:
    assert (await world.act("pre_accept", wacid, leg.answer))[0] == 200
    await leg.connect()


async def test_both_voices_arrive_and_a_compliant_gateway_has_no_fault() -> None:
    async with bench(RULES) as world:
        placed = await world.call("maria", voice="maria", quirks={"unreachable_ipv6": True})
        connect = await world.gateway.event("connect")
        async with talking_leg(connect["session"]["sdp"]) as leg:
            await ringing(world, leg, connect["id"])
            assert (await world.act("accept", connect["id"], leg.answer))[0] == 200
            leg.speak(AGENT_VOICE)
            await leg.has_heard(200)
            _, state = await world.sim("GET", f"calls/{placed['id']}")
            assert (await world.act("terminate", connect["id"]))[0] == 200
            terminate = await world.gateway.event("terminate")
            async with world.http.get(f"{world.simulator.url}/sim/calls/{placed['id']}/heard.ogg") as answer:
                heard_by_customer = decode_ogg(await answer.read())
            heard_by_agent = decode_packets([packet.payload for packet in leg.received])
        assert likeness(heard_by_agent, voice_samples("maria")) > 0.9
        assert likeness(heard_by_agent, voice_samples("peter")) < 0.3
        assert likeness(heard_by_customer, voice_samples("peter")) > 0.9
        assert likeness(heard_by_customer, voice_samples("maria")) < 0.3
        assert state["connected"] and state["accepted"]
        assert state["media"]["packets_in"] > 100
        # The customer's phone waits for the business to speak first: a gateway that waits too would hear nothing.
        assert state["media"]["first_packet_in_at"] <= state["media"]["first_packet_out_at"]
        assert int(terminate["duration"]) >= 3
        assert world.fault_kinds == set()


async def test_a_packet_before_accept_is_caught() -> None:
    async with bench(RULES) as world:
        await world.call("maria", voice="maria")
        connect = await world.gateway.event("connect")
        async with talking_leg(connect["session"]["sdp"]) as leg:
            await ringing(world, leg, connect["id"])
            leg.speak(AGENT_VOICE)
            await world.until(lambda: "early_media" in world.fault_kinds)
            assert leg.received == []


async def test_a_packet_between_the_click_and_graphs_200_is_caught_too() -> None:
    async with bench(replace(RULES, graph_latency_s=1.0)) as world:
        await world.call("maria", voice="maria")
        connect = await world.gateway.event("connect")
        async with talking_leg(connect["session"]["sdp"]) as leg:
            await ringing(world, leg, connect["id"])
            accepting = asyncio.create_task(world.act("accept", connect["id"], leg.answer))
            leg.speak(AGENT_VOICE)
            assert (await accepting)[0] == 200
            assert world.fault_kinds == {"early_media"}


async def test_a_gateway_that_stays_silent_after_accept_loses_the_call_with_138021() -> None:
    async with bench(replace(RULES, first_media_s=0.5)) as world:
        await world.call("maria", voice="maria")
        connect = await world.gateway.event("connect")
        async with talking_leg(connect["session"]["sdp"]) as leg:
            await ringing(world, leg, connect["id"])
            await world.act("accept", connect["id"], leg.answer)
            terminate = await world.gateway.event("terminate")
        assert terminate["status"] == "FAILED"
        assert terminate["errors"][0]["code"] == 138021
        assert world.fault_kinds == {"no_media"}


async def test_a_gateway_that_falls_silent_loses_the_call() -> None:
    async with bench(replace(RULES, silence_s=2.0)) as world:
        await world.call("maria", voice="maria")
        connect = await world.gateway.event("connect")
        async with talking_leg(connect["session"]["sdp"]) as leg:
            await ringing(world, leg, connect["id"])
            await world.act("accept", connect["id"], leg.answer)
            leg.speak(AGENT_VOICE)
            await leg.has_heard(5)
            await leg.leg.close()
            terminate = await world.gateway.event("terminate")
        assert terminate["status"] == "FAILED"
        assert world.fault_kinds == {"went_silent"}


async def test_an_accept_that_differs_by_one_byte_is_refused() -> None:
    async with bench(RULES) as world:
        await world.call("maria", voice="maria")
        connect = await world.gateway.event("connect")
        async with talking_leg(connect["session"]["sdp"]) as leg:
            await ringing(world, leg, connect["id"])
            status, body = await world.act("accept", connect["id"], leg.answer.replace("o=- 1 ", "o=- 2 "))
            assert (status, body["error"]["code"]) == (400, 100)
        assert world.fault_kinds == {"answer_differs"}


async def test_another_certificate_than_announced_is_caught_and_carries_no_call() -> None:
    async with bench(RULES) as world:
        await world.call("maria", voice="maria")
        connect = await world.gateway.event("connect")
        async with talking_leg(connect["session"]["sdp"]) as leg:
            own = leg.leg.local.fingerprint
            other = ":".join(reversed(own.split(":")))
            leg.answer = leg.answer.replace(own, other)
            await ringing(world, leg, connect["id"])
            await world.until(lambda: world.fault_kinds == {"fingerprint_mismatch"})


async def test_keys_of_the_customers_phone_arrive_as_digits_and_the_voice_goes_on() -> None:
    async with bench(RULES) as world:
        placed = await world.call("maria", voice="maria")
        connect = await world.gateway.event("connect")
        async with talking_leg(connect["session"]["sdp"]) as leg:
            await ringing(world, leg, connect["id"])
            await world.act("accept", connect["id"], leg.answer)
            leg.speak(SILENCE)
            await leg.has_heard(10)
            for digit in "5#":
                assert (await world.sim("POST", f"calls/{placed['id']}/digit", {"digit": digit}))[0] == 200
            await leg.has_digits("5#")
            await leg.has_heard(len(leg.received) + 10)
            steps = {
                ((b.sequence - a.sequence) & 0xFFFF, (b.ticks - a.ticks) & 0xFFFF_FFFF)
                for a, b in zip(leg.received, leg.received[1:], strict=False)
            }
        assert all(ticks >= 960 for _sequence, ticks in steps)
        assert len({packet.ssrc for packet in leg.received}) == 1
        assert world.fault_kinds == set()


@pytest.mark.parametrize("name", voices())
def test_every_voice_lasts_about_ten_seconds_in_twenty_millisecond_packets(name: str) -> None:
    voice = voices()[name]
    assert 8 <= voice.seconds <= 13
    assert all(0 < len(packet) < 400 for packet in voice.packets)


async def test_a_phone_says_nothing_in_a_pause_and_its_clock_runs_on_also_while_this_process_stands_still() -> None:
    async with bench(RULES) as world:
        placed = await world.call("maria", voice="maria")
        connect = await world.gateway.event("connect")
        async with talking_leg(connect["session"]["sdp"]) as leg:
            await ringing(world, leg, connect["id"])
            await world.act("accept", connect["id"], leg.answer)
            leg.speak(SILENCE)
            await leg.has_heard(5)
            line = world.simulator.exchange.calls[placed["id"]].line
            assert isinstance(line, CustomerLine)
            one, other = voices()["maria"].packets[40:42]
            line.speak_through(Voice("with pauses", "pt-BR", (one, b"", b"", other)), None)
            first = len(leg.received)
            line.tick(time.time(), left_out=40)
            await leg.has_heard(first + 8)
            frames = {
                (b.ticks - a.ticks) // OPUS_FRAME_TICKS
                for a, b in zip(leg.received[first - 1 :], leg.received[first:], strict=False)
                if (b.sequence - a.sequence) & 0xFFFF == 1
            }
    assert {1, 3} <= frames and max(frames) >= 41
    assert world.fault_kinds == set()
