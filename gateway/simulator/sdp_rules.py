"""Pure: is this SDP a good answer to Meta's offer? Written apart from the gateway's own SDP code, which it judges.

Meta reference 3.3, RFC 8866 (SDP), RFC 8839 (ICE), RFC 8842 (DTLS). Where Meta's tolerance is unknown this is strict.
"""

import ipaddress
import re
from dataclasses import dataclass, field

from gateway.simulator.refusals import FINGERPRINT_ALGORITHM, FINGERPRINT_MISSING, SDP_INVALID, Refusal

OPUS = 111
TELEPHONE_EVENT = 126
OFFERED = {OPUS: "opus/48000/2", TELEPHONE_EVENT: "telephone-event/8000"}
MID = "audio"
MAX_SDP_BYTES = 20_000

ICE_CHARS = re.compile(r"[A-Za-z0-9+/]+")
FINGERPRINT = re.compile(r"[0-9A-F]{2}(:[0-9A-F]{2}){31}", re.IGNORECASE)
CANDIDATE = re.compile(
    r"(?P<foundation>[A-Za-z0-9+/]{1,32}) (?P<component>[12]) (?P<transport>udp|tcp) (?P<priority>\d{1,10})"
    r" (?P<address>\S+) (?P<port>\d{1,5}) typ (?P<type>host|srflx|prflx|relay)(?P<rest>( \S+ \S+)*)",
    re.IGNORECASE,
)
MDNS_NAME = re.compile(r"[0-9a-f-]{36}\.local", re.IGNORECASE)
MAX_PRIORITY = 2**31 - 1


@dataclass(frozen=True, slots=True)
class BusinessAnswer:
    """What Meta takes from a good answer. `fingerprint`: SHA-256 in upper-case hex with colons."""

    ice_ufrag: str = field(repr=False)
    ice_password: str = field(repr=False)
    fingerprint: str = field(repr=False)
    dtls_active: bool  # False: the business waits for a ClientHello that Meta never sends
    telephone_event: bool
    ssrc: int | None


@dataclass(frozen=True, slots=True)
class BusinessOffer:
    """What Meta takes from a good offer of `connect`. Its payload types are mirrored in Meta's answer."""

    ice_ufrag: str = field(repr=False)
    ice_password: str = field(repr=False)
    fingerprint: str = field(repr=False)
    mid: str
    opus: int
    telephone_event: int | None
    ssrc: int | None


@dataclass(frozen=True, slots=True)
class BadAnswer:
    """`why` is for the list of faults; Graph says only what `refusal` says."""

    refusal: Refusal
    why: str


class _Bad(Exception):
    """Leaves the checks at the first broken rule."""


def judge_answer(sdp: str) -> BusinessAnswer | BadAnswer:
    """The judgement of one answer's text."""
    if (bad := _judge_fingerprints(sdp)) is not None:
        return bad
    try:
        return _read(sdp)
    except _Bad as broken:
        return BadAnswer(SDP_INVALID, str(broken))


def judge_offer(sdp: str) -> BusinessOffer | BadAnswer:
    """The judgement of an offer's text (reference 3.4): a browser's is good, whatever codecs it has beside Opus."""
    if (bad := _judge_fingerprints(sdp)) is not None:
        return bad
    try:
        return _read_offer(sdp)
    except _Bad as broken:
        return BadAnswer(SDP_INVALID, str(broken))


def _read_offer(sdp: str) -> BusinessOffer:
    lines = _split(sdp)
    _check_session(lines)
    _check_audio_line(lines)
    attributes = [line[2:] for line in lines if line.startswith("a=")]
    kinds = set(_payload_types(lines))
    mid = _only(attributes, "mid")
    _check_peer(attributes, mid)
    _require(_only(attributes, "setup") == "actpass", "the setup of an offer must be actpass")
    for text in _values(attributes, "candidate"):
        _check_candidate(text)
    maps = [text.split(" ", 1) for text in _values(attributes, "rtpmap") if " " in text]
    codecs = {codec.lower(): int(number) for number, codec in reversed(maps) if number.isdecimal()}
    opus, event = codecs.get(OFFERED[OPUS]), codecs.get(OFFERED[TELEPHONE_EVENT])
    _require(opus in kinds, "Opus was not offered")
    assert opus is not None
    return BusinessOffer(
        ice_ufrag=_ice_text(attributes, "ice-ufrag", 4),
        ice_password=_ice_text(attributes, "ice-pwd", 22),
        fingerprint=_fingerprint(attributes),
        mid=mid,
        opus=opus,
        telephone_event=event if event in kinds else None,
        ssrc=_ssrc(attributes),
    )


def _judge_fingerprints(sdp: str) -> BadAnswer | None:
    """Meta looks at fingerprints first and names them; everything else is one and the same error."""
    algorithms = [
        line.removeprefix("a=fingerprint:").split(" ")[0].lower()
        for line in sdp.splitlines()
        if line.startswith("a=fingerprint:")
    ]
    if not algorithms:
        return BadAnswer(FINGERPRINT_MISSING, "no a=fingerprint line")
    if any(algorithm != "sha-256" for algorithm in algorithms):
        return BadAnswer(FINGERPRINT_ALGORITHM, "a fingerprint that is not SHA-256")
    if len(algorithms) > 1:
        return BadAnswer(SDP_INVALID, "more than one fingerprint")
    return None


def _require(rule: bool, why: str) -> None:
    if not rule:
        raise _Bad(why)


def _read(sdp: str) -> BusinessAnswer:
    lines = _split(sdp)
    _check_session(lines)
    _check_media_line(lines)
    attributes = [line[2:] for line in lines if line.startswith("a=")]
    _check_codecs(attributes)
    _check_transport(attributes)
    for text in _values(attributes, "candidate"):
        _check_candidate(text)
    return BusinessAnswer(
        ice_ufrag=_ice_text(attributes, "ice-ufrag", 4),
        ice_password=_ice_text(attributes, "ice-pwd", 22),
        fingerprint=_fingerprint(attributes),
        dtls_active=_only(attributes, "setup") == "active",
        telephone_event=TELEPHONE_EVENT in _payload_types(lines),
        ssrc=_ssrc(attributes),
    )


def _split(sdp: str) -> list[str]:
    _require(len(sdp.encode()) <= MAX_SDP_BYTES, f"longer than {MAX_SDP_BYTES} bytes")
    _require(sdp.endswith("\r\n"), "the last line does not end with CRLF")
    lines = sdp[:-2].split("\r\n")
    _require(not any("\n" in line or "\r" in line for line in lines), "lines must end with CRLF")
    _require(all(re.match(r"[a-z]=\S", line) for line in lines), "a line that is not type=value")
    return lines


def _check_session(lines: list[str]) -> None:
    _require(lines[0] == "v=0", "does not begin with v=0")
    _require([line[0] for line in lines[:4]] == ["v", "o", "s", "t"], "v=, o=, s=, t= are missing or out of order")
    _require(len(lines[1].split(" ")) == 6, "o= does not have six fields")


def _check_media_line(lines: list[str]) -> None:
    _check_audio_line(lines)
    kinds = _payload_types(lines)
    _require(set(kinds) <= set(OFFERED), "a payload type that was not offered")
    _require(len(set(kinds)) == len(kinds), "a payload type twice")
    _require(OPUS in kinds, "Opus was not taken")


def _check_audio_line(lines: list[str]) -> None:
    sections = [line for line in lines if line.startswith("m=")]
    _require(len(sections) == 1, "there must be exactly one m= line")
    fields = sections[0][2:].split(" ")
    _require(len(fields) >= 4, "m= has too few fields")
    _require(fields[0] == "audio", "m= is not audio")
    _require(fields[1].isdecimal() and 0 < int(fields[1]) < 65536, "m= has no usable port")
    _require(fields[2] == "UDP/TLS/RTP/SAVPF", "m= has another protocol than UDP/TLS/RTP/SAVPF")
    _require(any(line.startswith("c=IN IP") for line in lines), "no c= line")


def _payload_types(lines: list[str]) -> list[int]:
    fields = next(line for line in lines if line.startswith("m=")).split(" ")[3:]
    _require(all(field.isdecimal() for field in fields), "a payload type that is not a number")
    return [int(field) for field in fields]


def _check_codecs(attributes: list[str]) -> None:
    maps = dict(text.split(" ", 1) for text in _values(attributes, "rtpmap") if " " in text)
    for number, codec in maps.items():
        offered = OFFERED.get(int(number)) if number.isdecimal() else None
        _require(offered is not None, "an rtpmap that was not offered")
        _require(codec.lower() == offered, f"payload type {number} is not what was offered")
    _require(str(OPUS) in maps, "no rtpmap for Opus")
    _require(not _values(attributes, "extmap"), "a header extension that was not offered")
    _require(all(text == "20" for text in _values(attributes, "ptime")), "ptime is not 20")


def _check_transport(attributes: list[str]) -> None:
    _require(_only(attributes, "mid") == MID, "another mid than offered")
    _check_peer(attributes, MID)
    _require(_only(attributes, "setup") in ("active", "passive"), "setup must be active")


def _check_peer(attributes: list[str], mid: str) -> None:
    _require("ice-lite" not in attributes, "the business must be a full ICE agent, not ice-lite")
    _require("rtcp-mux" in attributes, "no rtcp-mux")
    _require(_only(attributes, "group") == f"BUNDLE {mid}", "another BUNDLE group than the mid")
    _require(not _values(attributes, "crypto"), "SDES keys beside DTLS")
    directions = [text for text in attributes if text in ("sendrecv", "sendonly", "recvonly", "inactive")]
    _require(directions in ([], ["sendrecv"]), "the direction must be sendrecv")


def _check_candidate(text: str) -> None:
    parts = CANDIDATE.fullmatch(text)
    if parts is None:
        raise _Bad("a malformed candidate")
    _require(0 < int(parts["priority"]) <= MAX_PRIORITY, "a candidate's priority out of range")
    _require(0 < int(parts["port"]) < 65536, "a candidate's port out of range")
    if MDNS_NAME.fullmatch(parts["address"]):
        return
    try:
        ipaddress.ip_address(parts["address"])
    except ValueError:
        raise _Bad("a candidate without an IP address") from None


def _ice_text(attributes: list[str], name: str, shortest: int) -> str:
    text = _only(attributes, name)
    _require(
        bool(ICE_CHARS.fullmatch(text)) and shortest <= len(text) <= 256, f"{name} is too short or has bad characters"
    )
    return text


def _fingerprint(attributes: list[str]) -> str:
    _, _, value = _only(attributes, "fingerprint").partition(" ")
    _require(bool(FINGERPRINT.fullmatch(value)), "the fingerprint is not 32 bytes of hex")
    return value.upper()


def _ssrc(attributes: list[str]) -> int | None:
    numbers = {text.split(" ")[0] for text in _values(attributes, "ssrc")}
    _require(len(numbers) <= 1, "more than one SSRC")
    _require(all(number.isdecimal() and int(number) < 2**32 for number in numbers), "an SSRC that is not a number")
    return int(numbers.pop()) if numbers else None


def _values(attributes: list[str], name: str) -> list[str]:
    return [text.removeprefix(f"{name}:") for text in attributes if text.startswith(f"{name}:")]


def _only(attributes: list[str], name: str) -> str:
    found = _values(attributes, name)
    _require(len(found) == 1, f"there must be exactly one {name}")
    return found[0]
