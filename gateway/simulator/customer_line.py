"""A customer's phone: speaks in a recorded voice or through the page, hears the business, and notices what is wrong."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from itertools import cycle
from typing import Any
from uuid import uuid4

from gateway.simulator.browser_line import BrowserLine, Restamp, read_browser_offer
from gateway.simulator.call_rules import Heard
from gateway.simulator.clips import Voice
from gateway.simulator.faults import FaultKind
from gateway.simulator.heard import SILENCE, HeardPacket
from gateway.simulator.keypad import KEY_FRAMES, KEYS, KeyPacket, key_packets
from gateway.simulator.lines import LineFigures, LineRequest
from gateway.simulator.offer import OfferParts, live_offer
from gateway.simulator.sdp_rules import OPUS, TELEPHONE_EVENT, BusinessAnswer, BusinessOffer
from gateway.simulator.secure_leg import LegTable, NoteFault, SecureLeg
from gateway.simulator.wire_rules import OPUS_FRAME_TICKS, RtpPacket, WireWatch

REPORT_EVERY_FRAMES = 50
KEPT_PACKETS = 50 * 60 * 15  # the last quarter of an hour


class CustomerLine:
    """See `lines.Line`. It says nothing before the business' first packet: Meta waits for it (reference 3.3, 3.5)."""

    def __init__(
        self,
        legs: LegTable,
        host: str,
        request: LineRequest,
        note_fault: NoteFault,
        late_audio_s: float,
        on_close: Callable[["CustomerLine"], None],
    ) -> None:
        assert legs.relay is not None
        self._legs, self._note_fault, self._late_audio_s = legs, note_fault, late_audio_s
        self._on_close = on_close
        self._host, self._asked = host, request.offer
        meta_begins = request.offer is not None and request.setup == "active"
        self._leg = SecureLeg(legs.relay, legs.certificate, note_fault, self._media, self._wire, meta_begins)
        self._browser: BrowserLine | None = None
        self.browser_answer: str | None = None
        self._live = False
        self._voice = cycle([SILENCE])
        port, fingerprint = legs.relay.port, legs.certificate.fingerprint
        self.speak_through(request.voice, request.browser_offer)
        legs.add(self._leg, note_fault)
        self.offer_sdp = live_offer(
            OfferParts(
                host=host,
                port=port,
                ice_ufrag=self._leg.ice.ufrag,
                ice_password=self._leg.ice.password,
                fingerprint=fingerprint,
                ssrc=self._leg.out.ssrc,
                stream_id=str(uuid4()),
                session_ms=int(time.time() * 1000),
                unreachable_ipv6=request.unreachable_ipv6,
                **_answering(request),
            )
        )
        self._opus, self._event = OPUS, TELEPHONE_EVENT
        self._listening = False
        self._restamp = Restamp()
        self._watch: WireWatch | None = None
        self._open = False
        self._speech_is_cut = False
        self._frames = 0
        self._keys: deque[KeyPacket] = deque()
        self._key_began_ticks = 0
        self._telephone_event = False
        self._first_in_s: float | None = None
        self._last_in_s: float | None = None
        self._heard: deque[HeardPacket] = deque(maxlen=KEPT_PACKETS)
        if request.offer is not None:
            self._use_offer(request.offer)

    def _use_offer(self, offer: BusinessOffer) -> None:
        """The business may connect as soon as Meta's answer has reached it."""
        self._opus, self._telephone_event = offer.opus, offer.telephone_event is not None
        self._event = offer.telephone_event or TELEPHONE_EVENT
        self._watch = WireWatch(offer.opus, offer.telephone_event, offer.ssrc, self._late_audio_s)
        self._leg.expect(offer.fingerprint)

    def listen(self) -> None:
        self._listening = True

    def speak_through(self, voice: Voice | None, browser_offer: str | None) -> None:
        assert self._legs.relay is not None
        if browser_offer is not None:
            offer = read_browser_offer(browser_offer)
            self._browser = BrowserLine(self._legs.relay, self._legs.certificate, offer, self._spoken_in_browser)
            port, fingerprint = self._legs.relay.port, self._legs.certificate.fingerprint
            self.browser_answer = self._browser.answer(self._host, port, fingerprint)
            self._legs.add(self._browser.leg, lambda _kind, _words: None)
        self._live = self._browser is not None and self._browser.offer.speaks and voice is None
        self._voice = cycle(voice.packets) if voice is not None else cycle([SILENCE])

    @property
    def heard(self) -> Heard:
        return Heard(self._first_in_s, self._last_in_s)

    @property
    def packets(self) -> Sequence[HeardPacket]:
        return tuple(self._heard)

    @property
    def figures(self) -> LineFigures:
        leg = self._leg
        return LineFigures(
            ice=leg.ice.path is not None,
            dtls=leg.connected,
            srtp_profile=leg.dtls.profile,
            packets_in=leg.received,
            lost_in=leg.lost,
            packets_out=leg.out.packets,
            rtcp_in=leg.rtcp_received,
            first_in_s=self._first_in_s,
            last_in_s=self._last_in_s,
            first_out_s=leg.out.first_s,
            reported_loss=leg.reported_loss,
        )

    def use_answer(self, answer: BusinessAnswer) -> None:
        self._telephone_event = answer.telephone_event
        event = TELEPHONE_EVENT if answer.telephone_event else None
        self._watch = WireWatch(OPUS, event, answer.ssrc, self._late_audio_s)
        self._leg.expect(answer.fingerprint)

    def open(self) -> None:
        self._open = True

    def press(self, digit: str) -> bool:
        if not (self._telephone_event and self._speaking and digit in KEYS):
            return False
        self._keys.extend(key_packets(digit))
        return True

    def cut(self, *, speech: bool, hearing: bool) -> None:
        self._speech_is_cut, self._leg.deaf = speech, hearing
        if self._watch is not None:
            self._watch.pause()

    def close(self) -> None:
        """Falls silent without a close_notify: no source says that Meta's relay sends one."""
        self._open = False
        self._legs.remove(self._leg)
        if self._browser is not None:
            self._legs.remove(self._browser.leg)
        self._on_close(self)

    def tick(self, now_s: float, left_out: int = 0) -> None:
        """Called every 20 ms: one packet of voice or of a key. `left_out`: so many frames were never said, because this
        process stood still; the phone's clock did not."""
        if self._asked is not None and not self._leg.connected:
            self._leg.retry()
        self._report(now_s)
        if not self._speaking:
            return
        out = self._leg.out
        if self._keys:
            key = self._keys.popleft()
            if key.marker:
                self._key_began_ticks = out.ticks = (out.ticks + OPUS_FRAME_TICKS) & 0xFFFF_FFFF
            self._leg.send_rtp(self._event, key.payload, now_s, key.marker)
            if key.last_of_key:  # the audio's clock ran on meanwhile
                out.ticks = (self._key_began_ticks + (KEY_FRAMES + 2) * OPUS_FRAME_TICKS) & 0xFFFF_FFFF
                self._restamp = Restamp()
        elif not self._live:
            if out.packets:
                for _ in range(left_out):
                    next(self._voice)
                out.ticks = (out.ticks + left_out * OPUS_FRAME_TICKS) & 0xFFFF_FFFF
            out.ticks = (out.ticks + OPUS_FRAME_TICKS) & 0xFFFF_FFFF
            if payload := next(self._voice):
                self._leg.send_rtp(self._opus, payload, now_s, marker=out.packets == 0)

    def _report(self, now_s: float) -> None:
        """Nothing at all may leave before the business' first packet."""
        if not self._open or self._first_in_s is None:
            return
        self._frames += 1
        if self._frames % REPORT_EVERY_FRAMES == 0:
            self._leg.send_report(now_s)
            if self._browser is not None:
                self._browser.leg.send_report(now_s)

    @property
    def _speaking(self) -> bool:
        return self._open and self._first_in_s is not None and not self._speech_is_cut

    def _wire(self, is_rtcp: bool, at_s: float) -> None:
        if not self._open and not self._listening:
            what = "RTCP" if is_rtcp else "RTP"
            self._note_fault(FaultKind.EARLY_MEDIA, f"{what} before accept returned 200")
        elif self._last_in_s is not None:
            self._last_in_s = at_s

    def _media(self, packet: RtpPacket, at_s: float) -> None:
        if self._watch is None or not (self._open or self._listening):
            return
        if not self._open and packet.payload != SILENCE:
            self._note_fault(FaultKind.EARLY_MEDIA, "sound before the customer picked up")
        self._first_in_s = self._first_in_s or at_s
        self._last_in_s = at_s
        for finding in self._watch.see(packet, at_s):
            self._note_fault(*finding)
        if packet.payload_type == self._opus and self._open:
            self._heard.append(HeardPacket(at_s, packet.ticks, packet.payload))
            if self._browser is not None:
                self._browser.play(packet, at_s)

    def _spoken_in_browser(self, packet: RtpPacket) -> None:
        if not (self._live and self._speaking) or self._keys:
            return
        out = self._leg.out
        sequence, out.ticks = self._restamp.place(packet, out.sequence, out.ticks)
        out.sequence = (sequence - 1) & 0xFFFF
        self._leg.send_rtp(self._opus, packet.payload, time.time(), packet.marker)


def _answering(request: LineRequest) -> dict[str, Any]:
    """What an answer mirrors of the business' offer (reference 3.4)."""
    offer = request.offer
    if offer is None:
        return {}
    mid = request.answer_mid or offer.mid
    return {"setup": request.setup, "mid": mid, "opus": offer.opus, "telephone_event": offer.telephone_event}
