"""Session descriptions as lines and values (RFC 8866), and the parts that both of our sides have in common. Pure.

The other side is hostile until read: sizes are limited, every value that is used or mirrored has an exact shape, and
what is wrong is one BadOffer with a word.
"""

import ipaddress
import re
from dataclasses import dataclass

from gateway.media.parameters import LocalParameters
from gateway.media.plane import Address
from gateway.media.switchboard import BadOffer

LONGEST_CHARS = 16_384
_MOST_LINES = 600
_MOST_CANDIDATES = 16
HOST_PRIORITY = 2_130_706_431  # of a host candidate that is the only one (RFC 8445 §5.1.2.1)
LEVEL_URI = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"  # RFC 6464
PROTOCOL = "UDP/TLS/RTP/SAVPF"

_FINGERPRINT = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){31}", re.ASCII)
_UFRAG = re.compile(r"[A-Za-z0-9+/=_-]{4,256}", re.ASCII)  # `=` is no ice-char (RFC 8839 §5.4), but Meta uses it
_PWD = re.compile(r"[A-Za-z0-9+/=_-]{22,256}", re.ASCII)
_MID = re.compile(r"[A-Za-z0-9._-]{1,32}", re.ASCII)
_FMTP = re.compile(r"[A-Za-z0-9=;. -]{1,240}", re.ASCII)
_DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")


@dataclass(frozen=True, slots=True)
class Section:
    """One m-line with its attributes, or the session's own (`kind` is then empty). A flag's value is ''."""

    kind: str
    port: int
    protocol: str
    formats: tuple[str, ...]
    attributes: tuple[tuple[str, str], ...]

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.attributes if key == name]

    def one(self, name: str) -> str | None:
        return next((value for key, value in self.attributes if key == name), None)

    def has(self, name: str) -> bool:
        return any(key == name for key, _ in self.attributes)


@dataclass(frozen=True, slots=True)
class Description:
    session: Section
    media: tuple[Section, ...]

    def inherited(self, section: Section, name: str) -> list[str]:
        """Values of the section, else of the session: ICE and DTLS lines may stand in either (RFC 8839, RFC 8122)."""
        return section.all(name) or self.session.all(name)


@dataclass(frozen=True, slots=True)
class Secured:
    """ICE and DTLS of one side."""

    ufrag: str
    pwd: str
    fingerprint: str
    setup: str  # actpass when it was not said


def read_sdp(text: str) -> Description:
    """Lines and sections, nothing judged yet. Line ends may be CRLF or LF. Raises BadOffer."""
    if len(text) > LONGEST_CHARS:
        raise BadOffer("too_long")
    lines = [line for line in text.replace("\r\n", "\n").split("\n") if line]
    if len(lines) > _MOST_LINES or not lines or lines[0] != "v=0":
        raise BadOffer("malformed")
    heads: list[str] = [""]
    attributes: list[list[tuple[str, str]]] = [[]]
    for line in lines:
        if len(line) < 2 or line[1] != "=" or not line.isprintable():
            raise BadOffer("malformed")
        if line[0] == "m":
            heads.append(line[2:])
            attributes.append([])
        elif line[0] == "a":
            name, _, value = line[2:].partition(":")
            attributes[-1].append((name, value.strip()))
    session = Section("", 0, "", (), tuple(attributes[0]))
    media = (_section(head, values) for head, values in zip(heads[1:], attributes[1:], strict=True))
    return Description(session, tuple(media))


def _section(head: str, attributes: list[tuple[str, str]]) -> Section:
    parts = head.split()
    if len(parts) < 4:
        raise BadOffer("malformed")
    kind, port, protocol, *formats = parts
    return Section(kind, _number(port, 0, 65535, "malformed"), protocol, tuple(formats), tuple(attributes))


def _number(text: str, low: int, high: int, reason: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and low <= int(text) <= high):
        raise BadOffer(reason)
    return int(text)


def read_mid(section: Section) -> str:
    mid = section.one("mid")
    if mid is None or not _MID.fullmatch(mid):
        raise BadOffer("bad_mid")
    return mid


def read_direction(section: Section) -> str:
    return next((name for name in _DIRECTIONS if section.has(name)), "sendrecv")


def read_secured(description: Description, section: Section) -> Secured:
    """ICE credentials, the SHA-256 fingerprint and the DTLS role wish. Raises BadOffer with what is missing."""
    if section.has("crypto") or section.protocol in ("RTP/SAVP", "RTP/SAVPF"):
        raise BadOffer("sdes")
    if section.protocol != PROTOCOL:
        raise BadOffer("bad_protocol")
    ufrags, pwds = description.inherited(section, "ice-ufrag"), description.inherited(section, "ice-pwd")
    if len(ufrags) != 1 or len(pwds) != 1:
        raise BadOffer("no_ice")
    if not _UFRAG.fullmatch(ufrags[0]) or not _PWD.fullmatch(pwds[0]):
        raise BadOffer("bad_ice")
    setups = description.inherited(section, "setup") or ["actpass"]
    if not section.has("rtcp-mux"):
        raise BadOffer("no_rtcp_mux")
    return Secured(ufrags[0], pwds[0], _fingerprint(description, section), setups[0])


def _fingerprint(description: Description, section: Section) -> str:
    lines = [value.partition(" ") for value in description.inherited(section, "fingerprint")]
    if not lines:
        raise BadOffer("no_fingerprint")
    wanted = [value.strip() for algorithm, _, value in lines if algorithm.lower() == "sha-256"]
    if not wanted:
        raise BadOffer("fingerprint_not_sha256")
    if len(wanted) > 1 or not _FINGERPRINT.fullmatch(wanted[0]):
        raise BadOffer("bad_fingerprint")
    return wanted[0].upper()


def read_payload_type(section: Section, codec: str) -> int | None:
    """The first payload type of the m-line that maps to `codec` (`opus/48000/2`), spelt in any case."""
    for value in section.all("rtpmap"):
        number, _, name = value.partition(" ")
        if name.strip().lower() == codec and number in section.formats:
            payload_type = _number(number, 0, 127, "bad_payload_type")
            if 64 <= payload_type <= 95:  # on one port these look like RTCP (RFC 5761 §4)
                raise BadOffer("bad_payload_type")
            return payload_type
    return None


def read_fmtp(section: Section, payload_type: int) -> str | None:
    for value in section.all("fmtp"):
        number, _, parameters = value.partition(" ")
        if number == str(payload_type) and _FMTP.fullmatch(parameters):
            return parameters
    return None


def read_level_extension(section: Section) -> int | None:
    """The id under which the peer sends audio levels."""
    for value in section.all("extmap"):
        number, _, uri = value.partition(" ")
        if uri.strip() == LEVEL_URI:
            return _number(number.partition("/")[0], 1, 255, "bad_extension")
    return None


def read_candidates(section: Section) -> tuple[Address, ...]:
    """UDP candidates with an address we could send to, the highest priority first; others are passed over."""
    found: list[tuple[int, Address]] = []
    for value in section.all("candidate")[:_MOST_CANDIDATES]:
        parts = value.split()
        if len(parts) < 8 or parts[1] != "1" or parts[2].lower() != "udp" or parts[6] != "typ":
            continue
        try:
            priority, port = _number(parts[3], 0, 2**32 - 1, ""), _number(parts[5], 1, 65535, "")
            found.append((priority, (str(ipaddress.ip_address(parts[4])), port)))
        except ValueError:  # BadOffer is one
            continue
    return tuple(address for _, address in sorted(found, key=lambda item: -item[0]))


def family_of(host: str) -> str:
    return "IP6" if ":" in host else "IP4"


def candidate_lines(local: LocalParameters) -> list[str]:
    host, port = local.address
    return [f"a=candidate:1 1 udp {HOST_PRIORITY} {host} {port} typ host", "a=end-of-candidates"]


def security_lines(local: LocalParameters, setup: str) -> list[str]:
    return [
        f"a=ice-ufrag:{local.ufrag}",
        f"a=ice-pwd:{local.pwd}",
        f"a=fingerprint:sha-256 {local.fingerprint}",
        f"a=setup:{setup}",
    ]


def as_text(lines: list[str]) -> str:
    """CRLF after every line, the last included."""
    return "".join(f"{line}\r\n" for line in lines)
