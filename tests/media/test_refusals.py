"""Hostile datagrams: refused, counted by cause, never answered, and never a line of log each."""

import logging
import os

import pytest

from gateway.media import rtp
from gateway.media.plane import Endpoint, FlowId, Plane
from gateway.metrics import LiveFigures, families_of
from tests.media.peers import RawPeer, Socket, eventually
from tests.media.test_plane import VOICE


async def a_pair(plane: Plane, endpoint: Endpoint) -> tuple[RawPeer, RawPeer, FlowId]:
    speaker, listener = RawPeer(), RawPeer()
    source, target = await speaker.join(plane, endpoint), await listener.join(plane, endpoint)
    plane.open_gate(target)
    plane.hear(target, source)
    return speaker, listener, source


async def test_a_replayed_packet_is_refused_however_old_it_is(plane: Plane, endpoint: Endpoint) -> None:
    speaker, listener, source = await a_pair(plane, endpoint)
    said: list[bytes] = []
    while len(said) < 1100:  # a few at a time: the listener's socket is a small one
        said += [speaker.say() for _ in range(50)]
        await listener.hears(len(said))
    for n in (0, 1, 500, 1098, 1099):  # the oldest two are beyond the window of 1,024
        speaker.send(said[n], speaker.plane_address)
    speaker.say(VOICE)
    await listener.hears(1101)
    assert listener.payloads.count(VOICE) == 1
    assert plane.figures(source).dropped == {"replay": 5}
    assert plane.figures(source).received.packets == 1101


async def test_wrong_keys_are_refused_and_counted_and_do_no_harm(plane: Plane, endpoint: Endpoint) -> None:
    speaker, listener, source = await a_pair(plane, endpoint)
    liar = RawPeer(ssrc=speaker.ssrc)  # other keys, same claims
    speaker.say(VOICE)
    await listener.hears(1)
    for n in range(20):  # a forged number far ahead must not move the window
        forged = liar._out.protect(rtp.pack_rtp(111, False, 30_000 + n, 0, speaker.ssrc, VOICE))
        speaker.send(forged, speaker.plane_address)
    speaker.send(liar._out.protect_rtcp(b"\x80\xc9\0\1" + speaker.ssrc.to_bytes(4, "big")), speaker.plane_address)
    speaker.say(VOICE)
    await listener.hears(2)
    figures = plane.figures(source)
    assert figures.dropped == {"authentication": 21}
    assert (figures.received.packets, figures.received.lost) == (2, 0)


async def test_nothing_is_answered_to_strangers_and_nothing_is_logged(
    plane: Plane, endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    speaker, listener, _ = await a_pair(plane, endpoint)
    stranger = await Socket().open()
    speaker.say()
    await listener.hears(1)
    caplog.set_level(logging.DEBUG)
    for n in range(200):
        junk = (
            rtp.pack_rtp(111, False, n, n, speaker.ssrc, VOICE + bytes(10)),  # it knows the SSRC, and no key
            rtp.pack_rtp(111, False, n, n, n, VOICE),
            b"\x80\xc8" + os.urandom(60),
            b"\x00\x01\x00\x00\x21\x12\xa4\x42" + os.urandom(12),
            b"\x16\xfe\xfd" + os.urandom(60),
            os.urandom(1 + n % 40),
        )[n % 6]
        stranger.send(junk, endpoint.local_address)
    stranger.send(b"\x80\x6f" + bytes(1500), endpoint.local_address)
    speaker.say(VOICE)
    await listener.hears(2)
    assert stranger.datagrams == []
    assert [record for record in caplog.records if record.levelno >= logging.INFO] == []


async def test_what_is_refused_is_on_the_metrics_page_when_its_flow_is_gone(plane: Plane, endpoint: Endpoint) -> None:
    speaker, listener, source = await a_pair(plane, endpoint)
    before = plane.totals()
    data = speaker.say()
    speaker.send(data, speaker.plane_address)
    speaker.say(payload_type=9)
    speaker.say()
    await listener.hears(2)
    plane.remove_flow(source)
    await eventually(lambda: plane.totals().flows == 1)
    totals = plane.totals()
    assert (totals.packets_received - before.packets_received, totals.packets_sent - before.packets_sent) == (2, 2)
    assert totals.dropped == {"replay": 1, "unknown_payload": 1}
    shown = {
        (sample.name, *sample.labels.values()): sample.value
        for family in families_of(LiveFigures(plane=totals))
        for sample in family.samples
    }
    assert shown["ramal_plane_dropped_total", "replay"] == 1
    assert shown["ramal_plane_dropped_total", "unknown_payload"] == 1
    assert shown["ramal_plane_packets_total", "sent"] == totals.packets_sent
