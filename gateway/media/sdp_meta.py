"""Meta's offers and answers, ours, and what must never be sent to Meta (reference 3.2, 3.3, 8.2). Pure."""

from dataclasses import dataclass, field
from typing import Literal

from gateway.media.parameters import CNAME, LocalParameters, RemoteParameters
from gateway.media.plane import FlowCodec
from gateway.media.sdp import (
    PROTOCOL,
    Description,
    Section,
    as_text,
    candidate_lines,
    family_of,
    read_candidates,
    read_direction,
    read_fmtp,
    read_mid,
    read_payload_type,
    read_sdp,
    read_secured,
    security_lines,
)
from gateway.media.switchboard import BadOffer

LIVE_FMTP = "maxaveragebitrate=20000;maxplaybackrate=16000;minptime=20;sprop-maxcapturerate=16000;useinbandfec=1"
"""What live offers ask of Opus: wide band, 20 kbit/s, FEC, no DTX (reference 3.5)."""


OUR_MID = "audio"
OUR_CODEC = FlowCodec(opus=111, telephone_event=126)
"""What our own offers say. Meta assumes 126 for digits at 8000 Hz whatever is said (reference 3.4)."""


@dataclass(frozen=True, slots=True)
class MetaOffer:
    remote: RemoteParameters
    mid: str
    opus_fmtp: str = field(default=LIVE_FMTP)


def read_meta_offer(text: str) -> MetaOffer:
    """An offer of Meta's, live or as documented in 2024. Raises BadOffer."""
    description = read_sdp(text)
    if len(description.media) > 1:
        raise BadOffer("several_media")
    if not description.media or description.media[0].kind != "audio" or description.media[0].port == 0:
        raise BadOffer("no_audio")
    section = description.media[0]
    setup, remote = _read_audio(description, section)
    if setup not in ("actpass", "passive"):  # Meta waits for us; an active Meta is not what we answer
        raise BadOffer("bad_setup")
    return MetaOffer(remote, read_mid(section), read_fmtp(section, remote.codec.opus) or LIVE_FMTP)


@dataclass(frozen=True, slots=True)
class MetaAnswer:
    """`setup` as Meta wrote it. `actpass` is illegal in an answer (RFC 8842 §5.3), but has been seen (conflict C1):
    it is taken as passive, as Meta is known to wait for us."""

    remote: RemoteParameters
    setup: Literal["active", "passive", "actpass"]


def read_meta_answer(text: str) -> MetaAnswer:
    """Meta's answer to our offer. Its payload types and its mid may differ from ours (reference 3.4): with one media
    section there is nothing to mix up. Raises BadOffer."""
    description = read_sdp(text)
    if len(description.media) != 1:
        raise BadOffer("several_media" if description.media else "no_audio")
    section = description.media[0]
    if section.kind != "audio" or section.port == 0:
        raise BadOffer("no_audio")
    setup, remote = _read_audio(description, section)
    match setup:
        case "active" | "passive" | "actpass":
            return MetaAnswer(remote, setup)
        case _:
            raise BadOffer("bad_setup")


def _read_audio(description: Description, section: Section) -> tuple[str, RemoteParameters]:
    """Its `setup` (actpass when it was not said), and how to reach it."""
    secured = read_secured(description, section)
    if read_direction(section) != "sendrecv":
        raise BadOffer("bad_direction")
    opus = read_payload_type(section, "opus/48000/2")
    if opus is None:
        raise BadOffer("no_opus")
    candidates = read_candidates(section)
    if not candidates:
        raise BadOffer("no_candidate")
    codec = FlowCodec(opus, read_payload_type(section, "telephone-event/8000"))
    return secured.setup, RemoteParameters(secured.ufrag, secured.pwd, secured.fingerprint, codec, candidates)


def write_meta_answer(offer: MetaOffer, local: LocalParameters, session_id: int) -> str:
    """Our answer: what `pre_accept` and `accept` carry, byte for byte the same."""
    return _write(local, session_id, "active", offer.mid, offer.remote.codec, offer.opus_fmtp)


def write_meta_offer(local: LocalParameters, session_id: int) -> str:
    """Our offer: what `connect` carries. Opus and digits alone, under the numbers of Meta's own offers."""
    return _write(local, session_id, "actpass", OUR_MID, OUR_CODEC, LIVE_FMTP)


def _write(local: LocalParameters, session_id: int, setup: str, mid: str, codec: FlowCodec, opus_fmtp: str) -> str:
    (ssrc,) = local.ssrcs
    host, port = local.address
    family = family_of(host)
    formats = str(codec.opus) if codec.telephone_event is None else f"{codec.opus} {codec.telephone_event}"
    lines = [
        "v=0",
        f"o=- {session_id} 2 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        f"a=group:BUNDLE {mid}",
        "a=msid-semantic: WMS ramal",
        f"m=audio {port} {PROTOCOL} {formats}",
        f"c=IN {family} {host}",
        "a=rtcp:9 IN IP4 0.0.0.0",
        *candidate_lines(local),
        *security_lines(local, setup),
        f"a=mid:{mid}",
        "a=sendrecv",
        "a=msid:ramal audio",
        "a=rtcp-mux",
        f"a=rtpmap:{codec.opus} opus/48000/2",
        f"a=fmtp:{codec.opus} {opus_fmtp}",
    ]
    if codec.telephone_event is not None:
        lines.append(f"a=rtpmap:{codec.telephone_event} telephone-event/8000")
    lines += ["a=maxptime:20", "a=ptime:20", f"a=ssrc:{ssrc} cname:{CNAME}"]
    return as_text(lines)


def outgoing_faults(text: str, sdp_type: Literal["offer", "answer"]) -> list[str]:
    """Why Meta would refuse this description of ours, or take it and then have no sound; empty when it may be sent."""
    faults = []
    if not text.endswith("\r\n") or text.count("\r") != text.count("\n") or text.count("\r\n") != text.count("\n"):
        faults.append("line_ends")
    try:
        description = read_sdp(text)
        if [section.kind for section in description.media] != ["audio"]:
            return [*faults, "not_one_audio"]
        section = description.media[0]
        secured = read_secured(description, section)
        mid = read_mid(section)
        opus = read_payload_type(section, "opus/48000/2")
    except BadOffer as bad:
        return [*faults, bad.reason]
    rules = {
        "ice_lite": not description.session.has("ice-lite") and not section.has("ice-lite"),
        "fingerprints": len(section.all("fingerprint")) + len(description.session.all("fingerprint")) == 1,
        "setup": secured.setup == ("active" if sdp_type == "answer" else "actpass"),
        "direction": read_direction(section) == "sendrecv",
        "bundle": description.session.one("group") == f"BUNDLE {mid}",
        "no_opus": opus is not None,
        "ssrcs": len({value.partition(" ")[0] for value in section.all("ssrc")}) == 1,
        "port": section.port != 0,
    }
    return faults + [name for name, kept in rules.items() if not kept]
