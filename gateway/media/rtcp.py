"""RTCP: reports as bytes and as values, and what a receiver counts for them (RFC 3550 §6, A.3, A.8). Pure."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

_HEADER = struct.Struct("!BBH")
_SENDER_INFO = struct.Struct("!IQIII")
_BLOCK = struct.Struct("!IIIIII")
_SENDER_REPORT, _RECEIVER_REPORT, _DESCRIPTION, _BYE = 200, 201, 202, 203
_CNAME = 1
_MOST_BLOCKS = 31
_NTP_EPOCH_S = 2_208_988_800  # 1900 to 1970
_CLOCK_HZ = 48_000
_LONGEST_ROUND_TRIP_S = 30.0  # beyond it the numbers are wrong, not the path


class MalformedRtcp(ValueError):
    """Authentic, and yet not RTCP."""


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """What a receiver says of one SSRC. `lsr` and `dlsr` are in 1/65536 s, 0 when it has had no sender report."""

    ssrc: int
    fraction_lost: float  # of the last interval, 0 to 1, in steps of 1/256
    lost: int
    highest_sequence: int
    jitter_ticks: int
    lsr: int
    dlsr: int


@dataclass(frozen=True, slots=True)
class SenderReport:
    ssrc: int
    ntp: int
    ticks: int
    packets: int
    octets: int
    blocks: tuple[ReportBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    ssrc: int
    blocks: tuple[ReportBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class Bye:
    ssrcs: tuple[int, ...]


Report = SenderReport | ReceiverReport | Bye


def parse_rtcp(data: bytes) -> list[Report]:
    """The reports of a compound packet; descriptions and feedback are passed over. Raises MalformedRtcp."""
    reports: list[Report] = []
    at = 0
    while at < len(data):
        if len(data) - at < 4:
            raise MalformedRtcp("short")
        first, kind, words = _HEADER.unpack_from(data, at)
        body, at = at + 4, at + 4 + 4 * words
        if first >> 6 != 2 or at > len(data):
            raise MalformedRtcp("length")
        count = first & 31
        try:
            if kind == _SENDER_REPORT:
                ssrc, ntp, ticks, packets, octets = _SENDER_INFO.unpack_from(data[:at], body)
                blocks = _blocks(data[:at], body + _SENDER_INFO.size, count)
                reports.append(SenderReport(ssrc, ntp, ticks, packets, octets, blocks))
            elif kind == _RECEIVER_REPORT:
                (ssrc,) = struct.unpack_from("!I", data[:at], body)
                reports.append(ReceiverReport(ssrc, _blocks(data[:at], body + 4, count)))
            elif kind == _BYE:
                reports.append(Bye(struct.unpack_from(f"!{count}I", data[:at], body)))
        except struct.error:
            raise MalformedRtcp("count") from None
    return reports


def _blocks(data: bytes, at: int, count: int) -> tuple[ReportBlock, ...]:
    blocks = []
    for n in range(count):
        ssrc, loss, highest, jitter, lsr, dlsr = _BLOCK.unpack_from(data, at + n * _BLOCK.size)
        lost = loss & 0xFF_FFFF
        if lost >= 0x80_0000:  # 24 bits, signed: duplicates make it negative
            lost -= 0x100_0000
        blocks.append(ReportBlock(ssrc, (loss >> 24) / 256, lost, highest, jitter, lsr, dlsr))
    return tuple(blocks)


def _pack_block(block: ReportBlock) -> bytes:
    fraction = min(255, max(0, int(block.fraction_lost * 256)))
    lost = max(-0x80_0000, min(0x7F_FFFF, block.lost)) & 0xFF_FFFF
    return _BLOCK.pack(
        block.ssrc,
        fraction << 24 | lost,
        block.highest_sequence & 0xFFFF_FFFF,
        min(block.jitter_ticks, 0xFFFF_FFFF),
        block.lsr,
        block.dlsr,
    )


def build_compound(
    ssrc: int, cname: str, senders: Sequence[SenderReport], blocks: Sequence[ReportBlock], bye: bool = False
) -> bytes:
    """A compound packet: a sender report for each of `senders` (else a receiver report by `ssrc`), the report blocks in
    the first of them, a description of every SSRC named, and a BYE for all of them when asked."""
    packed = b"".join(_pack_block(block) for block in blocks[:_MOST_BLOCKS])
    count = min(len(blocks), _MOST_BLOCKS)
    out = b""
    for sender in senders:
        info = _SENDER_INFO.pack(sender.ssrc, sender.ntp, sender.ticks, sender.packets, sender.octets & 0xFFFF_FFFF)
        out += _header(count, _SENDER_REPORT, info + packed)
        packed, count = b"", 0
    if not senders:
        out += _header(count, _RECEIVER_REPORT, struct.pack("!I", ssrc) + packed)
    named = [sender.ssrc for sender in senders] or [ssrc]
    name = cname.encode()
    item = struct.pack("!BB", _CNAME, len(name)) + name + b"\0"
    item += bytes(-len(item) % 4)
    out += _header(len(named), _DESCRIPTION, b"".join(struct.pack("!I", one) + item for one in named))
    if bye:
        out += _header(len(named), _BYE, struct.pack(f"!{len(named)}I", *named))
    return out


def _header(count: int, kind: int, body: bytes) -> bytes:
    return _HEADER.pack(0x80 | count, kind, len(body) // 4) + body


def ntp_of(unix_s: float) -> int:
    """A 64-bit NTP timestamp (RFC 3550 §4)."""
    return int((unix_s + _NTP_EPOCH_S) * 2**32) & 0xFFFF_FFFF_FFFF_FFFF


def round_trip_s(block: ReportBlock, ntp: int) -> float | None:
    """Time from our sender report to their report of it, less the time they kept it (§6.4.1); `ntp` is the time now."""
    if block.lsr == 0:
        return None
    trip = ((ntp >> 16) - block.lsr - block.dlsr) & 0xFFFF_FFFF
    if trip >= 0xFFFF_0000:  # less than a second before zero: clocks tick in steps
        return 0.0
    seconds = trip / 65536
    return seconds if seconds <= _LONGEST_ROUND_TRIP_S else None


@dataclass(slots=True)
class ReceiverStatistics:
    """Counts of one SSRC since its first packet (RFC 3550 A.1, A.3, A.8). Packets are authentic and without repeats."""

    ssrc: int
    first_sequence: int
    received: int = 0
    jitter_ticks: float = 0.0
    _highest: int = -1  # extended by the number of wraps
    _transit: float | None = None
    _expected_before: int = 0
    _received_before: int = 0
    _told_lost: int = 0
    _last_report: tuple[int, float] | None = None  # middle of its NTP time, when it came

    def add(self, sequence: int, ticks: int, arrived_s: float) -> None:
        if self._highest < 0:
            self._highest = self.first_sequence
        ahead = (sequence - self._highest) & 0xFFFF
        if ahead < 0x8000:
            self._highest += ahead
        self.received += 1
        transit = arrived_s * _CLOCK_HZ - ticks
        if self._transit is not None:
            difference = abs((transit - self._transit + 2**31) % 2**32 - 2**31)
            if difference < _CLOCK_HZ:  # more than a second: the source paused its clock
                self.jitter_ticks += (difference - self.jitter_ticks) / 16
        self._transit = transit

    def sender_report(self, report: SenderReport, arrived_s: float) -> None:
        self._last_report = (report.ntp >> 16) & 0xFFFF_FFFF, arrived_s

    @property
    def expected(self) -> int:
        return 0 if self._highest < 0 else self._highest - self.first_sequence + 1

    @property
    def lost(self) -> int:
        """Never negative: a packet that came late was not lost."""
        return max(0, self.expected - self.received)

    def report(self, downlink_loss: float, now_s: float) -> tuple[ReportBlock, float]:
        """The block for this interval, and the loss on the way to us, 0 to 1; then a new interval begins.

        The block tells the worse of what we lost and of what the sender's listener loses (`downlink_loss`): the sender
        protects its speech against that (design 4). Its cumulative count adds up what was told.
        """
        expected, received = self.expected - self._expected_before, self.received - self._received_before
        self._expected_before, self._received_before = self.expected, self.received
        own = max(0, expected - received) / expected if expected > 0 else 0.0
        told = max(own, min(1.0, downlink_loss)) if expected > 0 else 0.0
        self._told_lost += round(told * max(0, expected))
        lsr, dlsr = 0, 0
        if self._last_report is not None:
            lsr = self._last_report[0]
            dlsr = min(0xFFFF_FFFF, int((now_s - self._last_report[1]) * 65536))
        block = ReportBlock(self.ssrc, told, self._told_lost, self._highest, int(self.jitter_ticks), lsr, dlsr)
        return block, own
