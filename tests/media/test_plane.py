"""What every plane does, seen from the wire: bare SRTP sockets at the far ends."""

import struct
import time
from itertools import pairwise

import pytest

from gateway.media import rtcp, rtp
from gateway.media.dtmf import event_payload
from gateway.media.opus import SILENCE_PACKET
from gateway.media.plane import (
    SILENCE,
    STAMP,
    Endpoint,
    FlowCodec,
    NoPortFree,
    Plane,
    Prompt,
    SrtpProfile,
    TappedPacket,
)
from tests.media.peers import (
    ANY_PORT,
    LOCALHOST,
    PROMPT,
    Heard,
    RawPeer,
    Socket,
    Told,
    eventually,
    eventually_free,
    ignore_control,
)

pytestmark = pytest.mark.paired

VOICE = b"\x78a voice"


def sequence_steps(heard: list[Heard]) -> list[int]:
    return [(b.packet.sequence - a.packet.sequence) & 0xFFFF for a, b in pairwise(heard)]


def tick_steps(heard: list[Heard]) -> list[int]:
    return [(b.packet.ticks - a.packet.ticks) & 0xFFFF_FFFF for a, b in pairwise(heard)]


async def test_nothing_leaves_before_the_gate_is_open_neither_sound_nor_reports(
    plane: Plane, endpoint: Endpoint
) -> None:
    meta, agent, third = RawPeer(), RawPeer(), RawPeer()
    leg = await meta.join(plane, endpoint, continuous=True)
    seat, watch = await agent.join(plane, endpoint), await third.join(plane, endpoint, continuous=True)
    plane.open_gate(seat)
    plane.open_gate(watch)
    meta.say()
    for source in (SILENCE, PROMPT, seat):
        plane.hear(leg, source)
        agent.say(VOICE)
        await third.hears(len(third.heard) + 30)
    await third.until(lambda: len(third.reports) >= 1)
    await agent.until(lambda: len(agent.reports) >= 1)
    assert plane.figures(seat).received.packets == 3
    assert meta.datagrams == []
    plane.open_gate(leg)
    await meta.hears(1)


async def test_a_continuous_flow_has_a_packet_every_20_ms_from_the_gate_on(plane: Plane, endpoint: Endpoint) -> None:
    meta = RawPeer()
    leg = await meta.join(plane, endpoint, continuous=True)
    plane.open_gate(leg)
    await meta.hears(60)
    assert set(meta.payloads) == {SILENCE_PACKET}
    assert set(sequence_steps(meta.heard)) == {1}
    assert set(tick_steps(meta.heard)) == {960}
    assert {heard.packet.ssrc for heard in meta.heard} == {7000}


@pytest.mark.parametrize("profile", SrtpProfile)
async def test_sound_goes_through_as_it_came_with_the_listeners_numbers(
    plane: Plane, endpoint: Endpoint, profile: SrtpProfile
) -> None:
    speaker, listener = RawPeer(profile), RawPeer(profile)
    source = await speaker.join(plane, endpoint)
    target = await listener.join(plane, endpoint, lines=2, codec=FlowCodec(opus=96))
    plane.open_gate(target)
    plane.hear(target, source, line=1)
    plain = rtp.pack_rtp(111, False, 9, 960, speaker.ssrc, b"")
    level = struct.pack("!HHI", 0xBEDE, 1, 0x10_A5_00_00)
    speaker.send_clear(bytes([plain[0] | 0x10]) + plain[1:] + level + VOICE)
    await listener.hears(1)
    heard = listener.heard[0]
    assert heard.packet.payload == VOICE
    assert (heard.packet.payload_type, heard.packet.ssrc) == (96, 7001)
    assert len(heard.raw) == 12 + len(VOICE)  # header extensions are numbered per leg: none goes on
    assert plane.figures(source).level_dbov == -37


async def test_a_flow_that_hears_nothing_gets_no_sound(plane: Plane, endpoint: Endpoint) -> None:
    browser, clock = RawPeer(), RawPeer()
    seat, watch = await browser.join(plane, endpoint), await clock.join(plane, endpoint, continuous=True)
    plane.open_gate(seat)
    plane.open_gate(watch)
    await clock.hears(40)
    assert browser.heard == []


async def test_one_stream_stays_unbroken_from_a_voice_to_the_hold_tone_and_back(
    plane: Plane, endpoint: Endpoint
) -> None:
    meta, agent = RawPeer(), RawPeer()
    leg, seat = await meta.join(plane, endpoint, continuous=True), await agent.join(plane, endpoint)
    plane.open_gate(leg)
    for _ in range(3):
        plane.hear(leg, seat)
        for n in range(5):
            agent.say(VOICE)
            await meta.until(lambda n=n: meta.payloads.count(VOICE) % 5 == (n + 1) % 5)  # type: ignore[misc]
        plane.hear(leg, PROMPT)
        before = len(meta.heard)
        await meta.hears(before + 10)
    plane.hear(leg, seat)
    agent.say(VOICE)
    await meta.until(lambda: meta.payloads.count(VOICE) == 16)
    assert {heard.packet.ssrc for heard in meta.heard} == {7000}
    assert set(sequence_steps(meta.heard)) == {1}
    assert all(step % 960 == 0 and 0 < step < 48_000 for step in tick_steps(meta.heard))
    tone = [payload for payload in meta.payloads if payload in PROMPT.packets]
    assert tone[:10] == [*PROMPT.packets, *PROMPT.packets[:2]]


async def test_while_a_voice_is_quiet_the_continuous_flow_is_filled_with_silence(
    plane: Plane, endpoint: Endpoint
) -> None:
    meta, agent = RawPeer(), RawPeer()
    leg, seat = await meta.join(plane, endpoint, continuous=True), await agent.join(plane, endpoint)
    plane.open_gate(leg)
    plane.hear(leg, seat)
    agent.say(VOICE)
    await meta.until(lambda: VOICE in meta.payloads)
    for _ in range(3):  # muted in a browser with DTX: one packet of a byte now and then
        await meta.hears(len(meta.heard) + 20)
        agent.say(b"\x78", pause=20)
    agent.say(VOICE)
    await meta.until(lambda: meta.payloads.count(VOICE) == 2)
    since_voice = meta.heard[meta.payloads.index(VOICE) :]
    assert set(sequence_steps(since_voice)) == {1}
    first, *rest = tick_steps(since_voice)
    assert first in (2880, 3840, 4800)  # it is left alone for 60 ms, and the clock knows
    assert set(rest) <= {960, 1920} and rest.count(1920) <= 1
    assert set(meta.payloads) == {SILENCE_PACKET, VOICE}


async def test_loss_of_a_source_stays_visible_as_a_gap(plane: Plane, endpoint: Endpoint) -> None:
    speaker, listener = RawPeer(), RawPeer()
    source, target = await speaker.join(plane, endpoint), await listener.join(plane, endpoint)
    plane.open_gate(target)
    plane.hear(target, source)
    for skip in (0, 0, 3, 0):
        speaker.say(skip=skip)
    await listener.hears(4)
    assert sequence_steps(listener.heard) == [1, 4, 1]
    assert tick_steps(listener.heard) == [960, 3840, 960]
    assert plane.figures(source).received.lost == 3


async def test_a_prompt_that_does_not_loop_says_when_it_has_ended(plane: Plane, endpoint: Endpoint) -> None:
    listener = RawPeer()
    target = await listener.join(plane, endpoint, lines=2)
    told = Told(plane, "prompt_ended")
    plane.open_gate(target)
    once = Prompt("greeting", PROMPT.packets)
    plane.hear(target, once, line=1)
    await told.until(lambda: bool(told.events))
    await listener.hears(len(once.packets))
    assert told.events == [("prompt_ended", target, 1, once)]
    assert listener.payloads == list(once.packets)


async def test_a_tap_gets_every_packet_and_may_fail_without_touching_the_call(plane: Plane, endpoint: Endpoint) -> None:
    speaker, listener = RawPeer(), RawPeer()
    source, target = await speaker.join(plane, endpoint), await listener.join(plane, endpoint)
    plane.open_gate(target)
    plane.hear(target, source)
    told = Told(plane, "tap_failed")
    kept: list[TappedPacket] = []
    broken = OSError("disk full")

    def fail(packet: TappedPacket) -> None:
        raise broken

    plane.tap(source, fail)
    plane.tap(source, kept.append)
    for _ in range(3):
        speaker.say(VOICE)
    await listener.hears(3)
    await told.until(lambda: bool(told.events))
    await eventually(lambda: len(kept) == 3)
    assert told.events == [("tap_failed", source, broken)]
    assert [(p.flow, p.ssrc, p.payload) for p in kept] == [(source, speaker.ssrc, VOICE)] * 3
    assert [b.sequence - a.sequence for a, b in pairwise(kept)] == [1, 1]
    plane.untap(source, kept.append)
    again: list[TappedPacket] = []
    speaker.say(VOICE)
    await listener.hears(4)
    plane.tap(source, again.append)
    speaker.say(VOICE)
    await eventually(lambda: bool(again))
    assert (len(kept), [p.sequence for p in again]) == (3, [speaker.sequence])


async def test_refused_packets_are_counted_by_cause(plane: Plane, endpoint: Endpoint) -> None:
    speaker, listener = RawPeer(), RawPeer()
    source, target = await speaker.join(plane, endpoint), await listener.join(plane, endpoint)
    plane.open_gate(target)
    plane.hear(target, source)
    data = speaker.say()
    speaker.send(data, speaker.plane_address)  # replayed
    speaker.send(data[:3] + bytes([data[3] ^ 0x40]) + data[4:], speaker.plane_address)  # tampered with
    speaker.send(rtp.pack_rtp(111, False, 3, 3, 3, bytes(1460)), speaker.plane_address)  # no SRTP
    speaker.send(b"\x80\x6f" + bytes(3), speaker.plane_address)
    speaker.say(payload_type=9)
    speaker.send(bytes([0x80]), speaker.plane_address)
    speaker.say()
    await listener.hears(2)
    dropped = plane.figures(source).dropped
    assert dropped.pop("replay") == 1
    assert dropped.pop("unknown_payload") == 1
    assert sum(dropped.values()) == 3 and set(dropped) <= {"authentication", "malformed"}
    assert plane.figures(source).received.packets == 2


async def test_digits_come_as_events_and_are_not_sound(plane: Plane, endpoint: Endpoint) -> None:
    meta, agent = RawPeer(), RawPeer()
    leg, seat = await meta.join(plane, endpoint), await agent.join(plane, endpoint)
    plane.open_gate(seat)
    plane.hear(seat, leg)
    told = Told(plane, "digit")
    for key in "9#":
        meta.ticks = (meta.ticks + 9600) & 0xFFFF_FFFF
        for duration_ms, end in ((40, False), (80, False), (120, True), (120, True), (120, True)):
            meta.sequence = (meta.sequence + 1) & 0xFFFF
            payload = event_payload(key, duration_ms, end)
            meta.send_clear(rtp.pack_rtp(126, False, meta.sequence, meta.ticks, meta.ssrc, payload))
    meta.say(VOICE)
    await agent.hears(1)
    assert told.events == [("digit", leg, "9", 120), ("digit", leg, "#", 120)]
    assert agent.payloads == [VOICE]


async def test_authentic_media_from_a_new_address_is_heard_and_told(plane: Plane, endpoint: Endpoint) -> None:
    speaker, listener, elsewhere = RawPeer(), RawPeer(), await Socket().open()
    source, target = await speaker.join(plane, endpoint), await listener.join(plane, endpoint)
    plane.open_gate(source)
    plane.open_gate(target)
    plane.hear(target, source)
    plane.hear(source, target)
    told = Told(plane, "moved")
    speaker.say()
    await listener.hears(1)
    speaker.send = elsewhere.send  # type: ignore[method-assign]
    elsewhere.send(rtp.pack_rtp(111, False, 3, 3, speaker.ssrc, bytes(40)), speaker.plane_address)  # forged
    speaker.say()
    await listener.hears(2)
    assert told.events == [("moved", source, elsewhere.address)]
    listener.say(VOICE)
    await speaker.hears(1)  # nothing was sent elsewhere: that path is not checked
    assert elsewhere.datagrams == []
    plane.set_remote(source, elsewhere.address)
    listener.say(VOICE)
    await elsewhere.until(lambda: len(elsewhere.datagrams) == 1)


async def test_each_end_is_told_of_loss_jitter_and_round_trip(plane: Plane, endpoint: Endpoint) -> None:
    meta, agent = RawPeer(), RawPeer()
    leg, seat = await meta.join(plane, endpoint, continuous=True), await agent.join(plane, endpoint)
    plane.open_gate(leg)
    plane.open_gate(seat)
    plane.hear(seat, leg)
    await meta.until(lambda: any(isinstance(report, rtcp.SenderReport) for report in meta.reports))
    ours = next(report for report in meta.reports if isinstance(report, rtcp.SenderReport))
    assert (ours.ssrc, ours.packets > 0) == (7000, True)
    for n in range(20):
        meta.say(skip=1 if n % 10 == 9 else 0)
    block = rtcp.ReportBlock(7000, 0.125, 12, 99, 480, (ours.ntp >> 16) & 0xFFFF_FFFF, 0)
    theirs = rtcp.SenderReport(meta.ssrc, 0x1111_2222_3333_4444, 0, 22, 99)
    meta.report(rtcp.build_compound(meta.ssrc, "meta", [theirs], [block]))

    def told() -> list[rtcp.ReportBlock]:
        blocks = [block for report in meta.reports if not isinstance(report, rtcp.Bye) for block in report.blocks]
        return [block for block in blocks if block.lsr == 0x2222_3333]

    await meta.until(lambda: bool(told()))
    assert told()[0].ssrc == meta.ssrc
    assert sum(block.lost for block in told()[:1]) == 2
    figures = plane.figures(leg)
    assert (figures.received.packets, figures.received.lost) == (20, 2)
    assert figures.received.octets == 20 * len(b"\x78voice")
    assert (figures.sent.lost, figures.sent.loss_fraction, figures.sent.jitter_ms) == (12, 0.125, 10.0)
    assert (figures.sent.acknowledged, figures.received.reported_s) == (99, None)
    assert figures.sent.reported_s is not None and 0 <= time.monotonic() - figures.sent.reported_s < 20
    assert figures.round_trip_ms is not None and figures.round_trip_ms >= 0
    assert figures.sent.packets >= ours.packets


async def test_a_speaker_is_told_of_the_loss_that_its_listener_reports(plane: Plane, endpoint: Endpoint) -> None:
    speaker, listener = RawPeer(), RawPeer()
    source, target = await speaker.join(plane, endpoint), await listener.join(plane, endpoint)
    plane.open_gate(source)
    plane.open_gate(target)
    plane.hear(target, source)
    downlink = rtcp.ReportBlock(7000, 0.25, 5, 99, 0, 0, 0)
    listener.report(rtcp.build_compound(listener.ssrc, "agent", [], [downlink]))

    def worst() -> float:
        reports = [report for report in speaker.reports if not isinstance(report, rtcp.Bye)]
        return max((block.fraction_lost for report in reports for block in report.blocks), default=0.0)

    while worst() == 0.0:
        reports = len(speaker.reports)
        for _ in range(4):
            speaker.say()
        await speaker.until(lambda reports=reports: len(speaker.reports) > reports)  # type: ignore[misc]
    assert worst() == 0.25
    assert plane.figures(source).received.loss_fraction == 0.0


async def test_a_flow_that_is_removed_says_goodbye_and_its_listeners_hear_nothing(
    plane: Plane, endpoint: Endpoint
) -> None:
    speaker, meta = RawPeer(), RawPeer()
    source, leg = await speaker.join(plane, endpoint), await meta.join(plane, endpoint, continuous=True)
    plane.open_gate(source)
    plane.open_gate(leg)
    plane.hear(leg, source)
    plane.hear(source, leg)
    meta.say()
    speaker.say(VOICE)
    await speaker.hears(1)
    await meta.until(lambda: VOICE in meta.payloads)
    plane.remove_flow(source)
    plane.remove_flow(source)
    await speaker.until(lambda: rtcp.Bye((7000,)) in speaker.reports)
    before = len(meta.heard)
    speaker.say(VOICE)
    meta.say()
    await meta.hears(before + 10)
    assert meta.payloads.count(VOICE) == 1
    assert len(speaker.heard) == 1
    assert set(sequence_steps(meta.heard)) == {1}


async def test_the_first_packet_of_each_direction_is_told_once(plane: Plane, endpoint: Endpoint) -> None:
    meta = RawPeer()
    told = Told(plane, "first_packet", "first_sent")
    leg = await meta.join(plane, endpoint, continuous=True)
    meta.say()
    await told.until(lambda: bool(told.events))
    plane.open_gate(leg)
    meta.say()
    await meta.hears(3)
    assert told.events == [("first_packet", leg), ("first_sent", leg)]


async def test_a_goodbye_of_the_peer_is_told(plane: Plane, endpoint: Endpoint) -> None:
    peer = RawPeer()
    told = Told(plane, "bye")
    flow = await peer.join(plane, endpoint)
    peer.report(rtcp.build_compound(peer.ssrc, "peer", [], [], bye=True))
    await told.until(lambda: told.events == [("bye", flow)])


async def test_what_is_no_media_of_a_known_flow_goes_to_control(plane: Plane) -> None:
    control: list[bytes] = []
    endpoint = await plane.open_endpoint(LOCALHOST, ANY_PORT, lambda data, _: control.append(data))
    peer, stranger = RawPeer(), await Socket().open()
    flow = await peer.join(plane, endpoint)
    told = Told(plane, "first_packet")
    media = rtp.pack_rtp(111, False, 1, 1, 1, VOICE)
    for data in (b"\x00\x01stun", b"\x16dtls", media, b""):
        stranger.send(data, endpoint.local_address)
    peer.say()
    await told.until(lambda: told.events == [("first_packet", flow)])
    assert [data for data in control if data] == [b"\x00\x01stun", b"\x16dtls", media]
    assert stranger.datagrams == []


async def test_ports_come_from_the_range_and_run_out(plane: Plane) -> None:
    probe = await plane.open_endpoint(LOCALHOST, ANY_PORT, ignore_control)
    port = probe.local_address[1]
    with pytest.raises(NoPortFree):
        await plane.open_endpoint(LOCALHOST, range(port, port + 1), ignore_control)
    probe.close()
    await eventually_free(port)
    again = await plane.open_endpoint(LOCALHOST, range(port, port + 1), ignore_control)
    assert again.local_address == (LOCALHOST, port)


async def test_sending_after_the_end_does_nothing(plane: Plane, endpoint: Endpoint) -> None:
    listener = await Socket().open()
    endpoint.close()
    endpoint.close()
    endpoint.send(b"late", listener.address)
    assert listener.datagrams == []


async def test_a_stamped_prompt_tells_when_each_packet_left(plane: Plane, endpoint: Endpoint) -> None:
    listener = RawPeer()
    target = await listener.join(plane, endpoint)
    began_s = time.monotonic()
    plane.open_gate(target)
    plane.hear(target, Prompt("stamped", (b"\xf8call" + bytes(STAMP.size) + b"end",), loop=True, stamp_at=5))
    await listener.hears(5)
    ended_s = time.monotonic()
    stamps_s = [STAMP.unpack_from(payload, 5)[0] for payload in listener.payloads]
    assert all(payload[:5] == b"\xf8call" and payload[13:] == b"end" for payload in listener.payloads)
    assert [began_s, *stamps_s, ended_s] == sorted([began_s, *stamps_s, ended_s])
    assert len(set(stamps_s)) == len(stamps_s)
