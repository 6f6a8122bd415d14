"""A browser's offer of a seat and our ICE-lite answer: two audio lines, agreed once (seat: main stream and second
stream). Pure."""

from dataclasses import dataclass

from gateway.media.parameters import CNAME, LocalParameters, RemoteParameters
from gateway.media.plane import FlowCodec
from gateway.media.sdp import (
    LEVEL_URI,
    PROTOCOL,
    Section,
    as_text,
    candidate_lines,
    family_of,
    read_direction,
    read_level_extension,
    read_mid,
    read_payload_type,
    read_sdp,
    read_secured,
    security_lines,
)
from gateway.media.switchboard import BadOffer

_FMTP = "minptime=10;useinbandfec=1;usedtx=1;maxaveragebitrate=20000"  # what Meta's live offers ask for
_OUR_DIRECTIONS = ("sendrecv", "sendonly")
_THEIR_DIRECTIONS = ("sendrecv", "recvonly")


@dataclass(frozen=True, slots=True)
class SeatOffer:
    """`opus` and `level_extensions` by line, as the browser numbers them."""

    remote: RemoteParameters
    mids: tuple[str, str]
    opus: tuple[int, int]
    level_extensions: tuple[int | None, int | None]


def read_seat_offer(text: str) -> SeatOffer:
    """A seat: microphone (sendrecv) and a second line (recvonly) in one bundle. Raises BadOffer."""
    description = read_sdp(text)
    if [section.kind for section in description.media] != ["audio", "audio"]:
        raise BadOffer("not_two_audio")
    main, second = description.media
    if description.session.has("ice-lite"):
        raise BadOffer("ice_lite")
    if (read_direction(main), read_direction(second)) != _THEIR_DIRECTIONS:
        raise BadOffer("bad_direction")
    secured = read_secured(description, main)
    if secured != read_secured(description, second):
        raise BadOffer("two_transports")
    if secured.setup not in ("actpass", "passive"):
        raise BadOffer("bad_setup")
    mids = read_mid(main), read_mid(second)
    if mids[0] == mids[1] or f"BUNDLE {mids[0]} {mids[1]}" not in description.session.all("group"):
        raise BadOffer("not_bundled")
    opus = _opus(main), _opus(second)
    levels = read_level_extension(main), read_level_extension(second)
    codec = FlowCodec(opus[0], level_extension=levels[0])
    remote = RemoteParameters(secured.ufrag, secured.pwd, secured.fingerprint, codec)
    return SeatOffer(remote, mids, opus, levels)


def _opus(section: Section) -> int:
    payload_type = read_payload_type(section, "opus/48000/2")
    if payload_type is None:
        raise BadOffer("no_opus")
    return payload_type


def write_seat_answer(offer: SeatOffer, local: LocalParameters, session_id: int) -> str:
    """Measured with Chromium: without `a=ssrc` no sound arrives; without candidates in the second line all is well."""
    host, port = local.address
    lines = [
        "v=0",
        f"o=- {session_id} 1 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        f"a=group:BUNDLE {offer.mids[0]} {offer.mids[1]}",
        "a=ice-lite",
        "a=msid-semantic: WMS *",
    ]
    for number, (mid, ssrc) in enumerate(zip(offer.mids, local.ssrcs, strict=True)):
        opus, level = offer.opus[number], offer.level_extensions[number]
        lines += [
            f"m=audio {port} {PROTOCOL} {opus}",
            f"c=IN {family_of(host)} {host}",
            f"a=mid:{mid}",
            f"a={_OUR_DIRECTIONS[number]}",
            "a=rtcp-mux",
            f"a=rtpmap:{opus} opus/48000/2",
            f"a=fmtp:{opus} {_FMTP}",
            "a=ptime:20",
        ]
        if level is not None:
            lines.append(f"a=extmap:{level} {LEVEL_URI}")
        lines += [f"a=msid:{CNAME} line{number}", f"a=ssrc:{ssrc} cname:{CNAME}", *security_lines(local, "active")]
        if number == 0:
            lines += candidate_lines(local)
    return as_text(lines)
