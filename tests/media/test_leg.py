"""Legs against legs, over real UDP, ICE and DTLS."""

import asyncio
import os
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import pytest
import uvloop
from aioice import stun

from gateway.media import rtp
from gateway.media.aiortc_seam import Certificate
from gateway.media.leg import BROWSER, WHATSAPP, Leg, LegFailed, LegKind, RemoteParameters
from gateway.media.plane import SILENCE, Address, FlowId, KeepsIce, Plane, TappedPacket
from gateway.media.planes import PlaneMissing
from gateway.media.ports import MediaPort
from gateway.media.python_plane import PythonPlane
from tests.media.conftest import PLANES
from tests.media.peers import (
    ANY_PORT,
    CODEC,
    LOCALHOST,
    PROMPT,
    FarLeg,
    MovableWire,
    Socket,
    Told,
    browser,
    eventually,
    eventually_free,
    meta_relay,
)


def remote(leg: Leg) -> RemoteParameters:
    local = leg.local
    return RemoteParameters(local.ufrag, local.pwd, local.fingerprint, CODEC, (local.address,))


async def whatsapp_leg(plane: Plane, certificate: Certificate, kind: LegKind = WHATSAPP) -> FarLeg:
    port = await MediaPort.open(plane, LOCALHOST, ANY_PORT, exclusive=True)
    lost: list[str] = []
    return FarLeg(plane, port, Leg(plane, port, certificate, kind, lost.append), lost)


async def seat_leg(plane: Plane, certificate: Certificate, kind: LegKind = BROWSER) -> FarLeg:
    port = await MediaPort.open(plane, LOCALHOST, ANY_PORT, exclusive=False)
    lost: list[str] = []
    return FarLeg(plane, port, Leg(plane, port, certificate, kind, lost.append), lost)


async def connect(one: FarLeg, other: FarLeg) -> tuple[FlowId, FlowId]:
    async with asyncio.timeout(20):
        return await asyncio.gather(one.leg.start(remote(other.leg)), other.leg.start(remote(one.leg)))


async def hear_each_other(plane: Plane, far_plane: Plane, near: FlowId, far: FlowId) -> None:
    """The far end plays a prompt; it goes back to it through the near flow's own line."""
    told, far_told = Told(plane, "first_packet"), Told(far_plane, "first_packet")
    plane.open_gate(near)
    far_plane.open_gate(far)
    far_plane.hear(far, PROMPT)
    await told.until(lambda: ("first_packet", near) in told.events)
    plane.hear(near, near)
    await far_told.until(lambda: ("first_packet", far) in far_told.events)


async def test_our_leg_connects_to_metas_relay_and_sound_flows_both_ways(
    plane: Plane, far_plane: Plane, certificate: Certificate
) -> None:
    ours, meta = await whatsapp_leg(plane, certificate), await meta_relay(far_plane, Certificate())
    near, far = await connect(ours, meta)
    assert plane.figures(near).received.packets == far_plane.figures(far).received.packets == 0
    await hear_each_other(plane, far_plane, near, far)
    await ours.close()
    await meta.close()


async def test_a_relay_that_learns_of_the_answer_late_is_connected_all_the_same(
    plane: Plane, far_plane: Plane, certificate: Certificate
) -> None:
    ours, meta = await whatsapp_leg(plane, certificate), await meta_relay(far_plane, Certificate())
    heard = asyncio.Event()
    answer = meta.port.send

    def answering(data: bytes, address: Address) -> None:
        answer(data, address)
        heard.set()

    meta.port.send = answering  # type: ignore[method-assign]
    starting = asyncio.create_task(ours.leg.start(remote(meta.leg)))
    async with asyncio.timeout(20):
        await heard.wait()  # our checks come before our answer does
        await asyncio.gather(starting, meta.leg.start(remote(ours.leg)))
    await ours.close()
    await meta.close()


async def test_many_legs_share_the_relays_port(plane: Plane, far_plane: Plane, certificate: Certificate) -> None:
    first = await meta_relay(far_plane, certificate)
    others = [
        FarLeg(far_plane, first.port, Leg(far_plane, first.port, certificate, first.leg._kind, first.lost.append))
        for _ in range(4)
    ]
    ours = [await whatsapp_leg(plane, certificate) for _ in range(5)]
    pairs = await asyncio.gather(*(connect(near, far) for near, far in zip(ours, [first, *others], strict=True)))
    for near, far in pairs:
        await hear_each_other(plane, far_plane, near, far)
    for one in ours:
        await one.leg.close()
    for other in (*others, first):
        await other.leg.close()
    first.port.close()


async def test_a_browser_connects_to_a_seat_and_hears_on_both_lines(
    plane: Plane, far_plane: Plane, certificate: Certificate
) -> None:
    seat, page = await seat_leg(plane, certificate), await browser(far_plane, Certificate())
    near, far = await connect(seat, page)
    await hear_each_other(plane, far_plane, near, far)
    ssrcs: set[int] = set()
    both = asyncio.Event()

    def listen(packet: TappedPacket) -> None:
        ssrcs.add(packet.ssrc)
        if len(ssrcs) == 2:
            both.set()

    far_plane.tap(far, listen)
    plane.hear(near, SILENCE, line=1)
    async with asyncio.timeout(20):
        await both.wait()
    assert ssrcs == set(seat.leg.local.ssrcs)
    await seat.close()
    await page.close()


async def test_each_side_learns_that_the_other_has_closed(
    plane: Plane, far_plane: Plane, certificate: Certificate
) -> None:
    ended = asyncio.Event()
    ours, meta = await whatsapp_leg(plane, certificate), await meta_relay(far_plane, Certificate())

    def lost(reason: str) -> None:
        meta.lost.append(reason)
        ended.set()

    meta.leg._on_lost = lost
    near, _ = await connect(ours, meta)
    port = ours.leg.local.address[1]
    await ours.leg.close()
    await ours.leg.close()
    async with asyncio.timeout(20):
        await ended.wait()
    assert (meta.lost, ours.lost) == (["closed_by_peer"], [])
    with pytest.raises(KeyError):
        plane.figures(near)
    await eventually_free(port)
    await meta.close()
    assert meta.lost == ["closed_by_peer"]


async def test_a_seat_without_checks_is_given_up(plane: Plane, far_plane: Plane, certificate: Certificate) -> None:
    ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    port = await MediaPort.open(plane, LOCALHOST, ANY_PORT, exclusive=False)
    seat = Leg(plane, port, certificate, replace(BROWSER, dead_after_s=0.3), ended.set_result)
    page = await browser(far_plane, Certificate())
    async with asyncio.timeout(20):
        await asyncio.gather(seat.start(remote(page.leg)), page.leg.start(remote(seat)))
        page.port.close()  # it vanishes without a word
        assert await ended == "path_dead"
    await seat.close()
    port.close()


async def test_a_seat_whose_checks_are_lost_lives_as_long_as_its_voice_comes(
    far_plane: Plane, certificate: Certificate
) -> None:
    now_s = 1000.0
    plane = PythonPlane(monotonic=lambda: now_s)
    port = await MediaPort.open(plane, LOCALHOST, ANY_PORT, exclusive=False)
    lost: list[str] = []
    seat = Leg(plane, port, certificate, BROWSER, lost.append, monotonic=lambda: now_s)
    page = await browser(far_plane, Certificate())
    async with asyncio.timeout(20):
        flow, far = await asyncio.gather(seat.start(remote(page.leg)), page.leg.start(remote(seat)))
    page.port.send = lambda data, address: None  # type: ignore[method-assign]
    told = Told(plane, "first_packet")
    now_s += BROWSER.dead_after_s + 1
    far_plane.open_gate(far)
    far_plane.hear(far, PROMPT)
    await told.until(lambda: ("first_packet", flow) in told.events)
    seat._watch()
    assert lost == []
    far_plane.remove_flow(far)
    now_s += BROWSER.dead_after_s + 1
    seat._watch()
    assert lost == ["path_dead"]
    await seat.close()
    port.close()
    await page.close()
    plane.close()


@pytest.mark.parametrize(("kind", "reason"), [(WHATSAPP, "ice_timeout"), (BROWSER, "ice_timeout")])
async def test_a_peer_that_never_answers_fails_in_time(
    plane: Plane, certificate: Certificate, kind: LegKind, reason: str
) -> None:
    nobody = await Socket().open()
    one = await seat_leg(plane, certificate, replace(kind, connect_s=0.2))
    nowhere = RemoteParameters("ufrag", "p" * 24, certificate.fingerprint, CODEC, (nobody.address,))
    with pytest.raises(LegFailed) as failed:
        await one.leg.start(nowhere)
    assert failed.value.reason == reason
    await one.close()


async def test_a_peer_with_another_certificate_is_refused(
    plane: Plane, far_plane: Plane, certificate: Certificate
) -> None:
    ours, meta = await whatsapp_leg(plane, certificate), await meta_relay(far_plane, Certificate())
    forged = replace(remote(meta.leg), fingerprint=certificate.fingerprint)
    theirs = asyncio.create_task(meta.leg.start(remote(ours.leg)))
    with pytest.raises(LegFailed) as failed:
        await ours.leg.start(forged)
    assert failed.value.reason == "dtls_failed"
    await ours.close()
    await meta.close()
    await asyncio.gather(theirs, return_exceptions=True)


async def test_closing_a_leg_ends_its_start(plane: Plane, certificate: Certificate) -> None:
    for make in (whatsapp_leg, seat_leg):
        nobody = await Socket().open()
        one = await make(plane, certificate)
        nowhere = RemoteParameters("ufrag", "p" * 24, certificate.fingerprint, CODEC, (nobody.address,))
        starting = asyncio.create_task(one.leg.start(nowhere))
        await asyncio.sleep(0)
        await one.leg.close()
        with pytest.raises(LegFailed) as failed:
            await starting
        assert failed.value.reason == "closed"
        assert one.lost == []


async def test_a_seat_follows_a_browser_whose_address_changes(
    plane: Plane, far_plane: Plane, certificate: Certificate
) -> None:
    seat, page = await seat_leg(plane, certificate), await browser(far_plane, Certificate())
    wire = await MovableWire().open(seat.leg.local.address)
    through = replace(remote(seat.leg), candidates=(wire.address,))
    async with asyncio.timeout(20):
        near, far = await asyncio.gather(seat.leg.start(remote(page.leg)), page.leg.start(through))
    await hear_each_other(plane, far_plane, near, far)
    before = seat.leg.path
    away = await wire.move()
    moved = Told(plane, "moved")
    await moved.until(lambda: ("moved", near, away) in moved.events)
    back = asyncio.Event()  # sound on the new path: after its answer to our one check, long before aioice's next
    far_plane.tap(far, lambda packet: back.set())
    async with asyncio.timeout(20):
        await back.wait()
    assert (before != away, seat.leg.path) == (True, away)
    wire.close()
    await seat.close()
    await page.close()


Make = Callable[[Plane, Certificate], Coroutine[Any, Any, FarLeg]]


def client_hello() -> bytes:
    """The beginning of a DTLS record: enough for an eager server to answer."""
    return b"\x16\xfe\xff" + bytes(8) + (100).to_bytes(2, "big") + os.urandom(100)


def check(username: str, pwd: str) -> bytes:
    attributes = {"USERNAME": username, "PRIORITY": 1, "ICE-CONTROLLED": 2}
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, attributes=attributes)
    request.add_message_integrity(pwd.encode())
    return bytes(request)


@pytest.mark.parametrize(
    ("make", "far_of"), [(whatsapp_leg, meta_relay), (seat_leg, browser), (meta_relay, whatsapp_leg)]
)
async def test_strangers_get_nothing(
    plane: Plane,
    far_plane: Plane,
    certificate: Certificate,
    make: Make,
    far_of: Make,
) -> None:
    leg = await make(plane, certificate)
    far = await far_of(far_plane, certificate)
    near_flow, _ = await connect(leg, far)
    plane.open_gate(near_flow)
    stranger = await Socket().open()
    ours, theirs = leg.leg.local, far.leg.local
    target = ours.address

    good_name = f"{ours.ufrag}:{theirs.ufrag}"
    bare = bytes(stun.Message(stun.Method.BINDING, stun.Class.REQUEST))
    for junk in (
        bare,
        check(good_name, "a-wrong-password-of-24-chs"),
        check("nobody:at-all", ours.pwd),
        check(good_name, ours.pwd)[:-4],
        bytes(stun.Message(stun.Method.ALLOCATE, stun.Class.REQUEST)),
        b"\x00\x01\x00\x08\x21\x12\xa4\x42" + bytes(12) + b"\x00\x24\x00\x03abc\x00",
        client_hello(),
        rtp.pack_rtp(111, False, 1, 1, theirs.ssrcs[0], bytes(60)),
        b"\x80\xc8" + bytes(60),
        b"",
        os.urandom(1400),
    ):
        stranger.send(junk, target)
    good = check(good_name, ours.pwd)  # whoever knows the password is no stranger
    stranger.send(good, target)
    await stranger.until(lambda: len(stranger.datagrams) >= 1)
    first_answer = stun.parse_message(stranger.datagrams[0][0])
    assert first_answer.transaction_id == stun.parse_message(good).transaction_id
    await leg.close()
    await far.close()


async def test_what_strangers_send_to_a_lite_leg_never_wakes_the_loop_of_a_plane_that_keeps_ice(
    plane: Plane, far_plane: Plane, certificate: Certificate
) -> None:
    if not isinstance(plane, KeepsIce):
        pytest.skip("this plane keeps no ICE")
    inside: Any = plane
    seat, page = await seat_leg(plane, certificate), await browser(far_plane, Certificate())
    near, far = await connect(seat, page)
    before = inside.totals().dropped.get("stranger", 0)
    control: list[bytes] = []
    inside._endpoints[1].on_control = lambda data, address: control.append(data)
    stranger = await Socket().open()
    for junk in (client_hello(), b"\x80\xc8" + bytes(60), os.urandom(3) + bytes(60), check("a:b", "c" * 24)):
        stranger.send(junk, seat.leg.local.address)
    await eventually(lambda: inside.totals().dropped.get("stranger", 0) >= before + 4)
    await hear_each_other(plane, far_plane, near, far)
    assert control == []
    await seat.close()
    await page.close()


async def test_consent_is_asked_for_as_long_as_a_leg_lives(
    plane: Plane, far_plane: Plane, certificate: Certificate
) -> None:
    if not isinstance(plane, KeepsIce):
        pytest.skip("aioice asks every five seconds here")
    ours, meta = await whatsapp_leg(plane, certificate), await meta_relay(far_plane, Certificate())
    await connect(ours, meta)
    relay: Any = meta.leg
    last_s = relay._lite.last_check_s
    await eventually(lambda: relay._lite.last_check_s > last_s)
    assert ours.lost == []
    await ours.close()
    await meta.close()


@pytest.mark.parametrize("make_plane", PLANES.values(), ids=PLANES)
def test_legs_and_planes_work_on_uvloop(make_plane: Callable[[], Plane]) -> None:
    async def call() -> None:
        try:
            plane = make_plane()
        except PlaneMissing as missing:
            pytest.skip(str(missing))
        far_plane, certificate = PythonPlane(), Certificate()
        ours, meta = await whatsapp_leg(plane, certificate), await meta_relay(far_plane, certificate)
        near, far = await connect(ours, meta)
        await hear_each_other(plane, far_plane, near, far)
        await ours.close()
        await meta.close()
        plane.close()
        far_plane.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(call())
