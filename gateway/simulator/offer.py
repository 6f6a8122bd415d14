"""Pure: Meta's SDP in its live shape, offer or answer (reference 3.2, 3.4), byte for byte but for addresses, secrets
and ids."""

from dataclasses import dataclass, field

from gateway.simulator.sdp_rules import MID, OPUS, TELEPHONE_EVENT

UNREACHABLE_IPV6 = "2001:db8:f388:131:face:b00c:0:699c"  # documentation range: a candidate that leads nowhere
OPUS_PARAMETERS = "maxaveragebitrate=20000;maxplaybackrate=16000;minptime=20;sprop-maxcapturerate=16000;useinbandfec=1"


@dataclass(frozen=True, slots=True)
class OfferParts:
    """What differs from call to call. `ice_ufrag`: 16 characters, `ice_password`: 24 with `==`, as Meta's are."""

    host: str
    port: int
    ice_ufrag: str = field(repr=False)
    ice_password: str = field(repr=False)
    fingerprint: str = field(repr=False)
    ssrc: int
    stream_id: str
    session_ms: int
    unreachable_ipv6: bool = False
    setup: str = "actpass"
    mid: str = MID
    opus: int = OPUS
    telephone_event: int | None = TELEPHONE_EVENT


def live_offer(parts: OfferParts) -> str:
    """The text, CRLF, as the `connect` webhook carries it."""
    opus, event = parts.opus, parts.telephone_event
    candidate = (
        f"a=candidate:1779462145 1 udp 2122260223 {parts.host} {parts.port} typ host generation 0 network-cost 50"
    )
    ipv6 = (
        f"a=candidate:2909847136 1 udp 2122262783 {UNREACHABLE_IPV6} {parts.port} typ host generation 0 network-cost 50"
    )
    lines = [
        "v=0",
        f"o=- {parts.session_ms} 2 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        f"a=group:BUNDLE {parts.mid}",
        f"a=msid-semantic: WMS {parts.stream_id}",
        "a=ice-lite",
        f"m=audio {parts.port} UDP/TLS/RTP/SAVPF {opus}{'' if event is None else f' {event}'}",
        f"c=IN IP4 {parts.host}",
        "a=rtcp:9 IN IP4 0.0.0.0",
        candidate,
        *([ipv6] if parts.unreachable_ipv6 else []),
        f"a=ice-ufrag:{parts.ice_ufrag}",
        f"a=ice-pwd:{parts.ice_password}",
        f"a=fingerprint:sha-256 {parts.fingerprint}",
        f"a=setup:{parts.setup}",
        f"a=mid:{parts.mid}",
        "a=sendrecv",
        f"a=msid:{parts.stream_id} WhatsAppTrack1",
        "a=rtcp-mux",
        f"a=rtpmap:{opus} opus/48000/2",
        f"a=rtcp-fb:{opus} transport-cc",
        f"a=fmtp:{opus} {OPUS_PARAMETERS}",
        *([] if event is None else [f"a=rtpmap:{event} telephone-event/8000"]),
        "a=maxptime:20",
        "a=ptime:20",
        f"a=ssrc:{parts.ssrc} cname:WhatsAppAudioStream1",
    ]
    return "\r\n".join(lines) + "\r\n"
