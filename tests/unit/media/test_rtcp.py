import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.media.rtcp import (
    Bye,
    MalformedRtcp,
    ReceiverReport,
    ReceiverStatistics,
    ReportBlock,
    SenderReport,
    build_compound,
    ntp_of,
    parse_rtcp,
    round_trip_s,
)

BLOCK = ReportBlock(0xAABB, 0.25, 17, 0x1_0005, 96, 0x1234_5678, 65536)


def test_a_compound_reads_back_as_it_was_built() -> None:
    first, second = SenderReport(1, 2**63, 3, 4, 5, (BLOCK,)), SenderReport(6, 7, 8, 9, 10)
    compound = build_compound(99, "ramal", [first, second], [BLOCK], bye=True)
    assert parse_rtcp(compound) == [first, second, Bye((1, 6))]
    assert len(compound) % 4 == 0
    assert b"ramal" in compound


def test_a_peer_that_sends_nothing_reports_as_receiver() -> None:
    assert parse_rtcp(build_compound(99, "ramal", [], [BLOCK])) == [ReceiverReport(99, (BLOCK,))]


def test_a_negative_count_of_losses_is_understood() -> None:
    block = ReportBlock(1, 0.0, -3, 5, 0, 0, 0)
    assert parse_rtcp(build_compound(99, "x", [], [block])) == [ReceiverReport(99, (block,))]


@settings(deadline=None)
@given(st.binary(max_size=120))
def test_any_bytes_are_reports_or_refused(data: bytes) -> None:
    with contextlib.suppress(MalformedRtcp):
        parse_rtcp(data)


@settings(deadline=None)
@given(st.binary(max_size=60), st.sampled_from([200, 201, 203]), st.integers(0, 31))
def test_a_count_that_is_not_there_is_refused_or_read_within_the_packet(data: bytes, kind: int, count: int) -> None:
    body = data + bytes(-len(data) % 4)
    packet = bytes([0x80 | count, kind]) + (len(body) // 4).to_bytes(2, "big") + body
    try:
        reports = parse_rtcp(packet)
    except MalformedRtcp:
        return
    assert len(reports) == 1


def test_loss_is_counted_across_the_wrap_of_the_sequence() -> None:
    statistics = ReceiverStatistics(1, 65_530)
    for n in range(20):
        if n not in (3, 9, 10, 15):
            statistics.add((65_530 + n) & 0xFFFF, 960 * n, 0.02 * n)
    block, own = statistics.report(0.0, 1.0)
    assert (statistics.lost, block.lost, own, block.highest_sequence) == (4, 4, 0.2, 65_530 + 19)


def test_late_packets_are_not_lost() -> None:
    statistics = ReceiverStatistics(1, 100)
    for sequence in (100, 103, 101, 102):
        statistics.add(sequence, 960 * sequence, 0.0)
    assert statistics.lost == 0


def test_jitter_is_zero_for_an_even_stream_and_grows_with_uneven_arrival() -> None:
    even, uneven = ReceiverStatistics(1, 0), ReceiverStatistics(1, 0)
    for n in range(200):
        even.add(n, 960 * n, 0.02 * n)
        uneven.add(n, 960 * n, 0.02 * n + (0.010 if n % 2 else 0.0))
    assert even.jitter_ticks == pytest.approx(0, abs=1e-3)
    assert uneven.jitter_ticks == pytest.approx(480, rel=0.01)  # 10 ms, RFC 3550 A.8


def test_a_source_that_paused_its_clock_is_not_jittery() -> None:
    statistics = ReceiverStatistics(1, 0)
    for n in range(100):
        statistics.add(n, 960 * n, 0.02 * n + (5.0 if n >= 50 else 0.0))
    assert statistics.jitter_ticks == pytest.approx(0, abs=1e-3)


def test_a_speaker_is_told_the_worse_of_its_own_loss_and_its_listeners() -> None:
    def heard(downlink_loss: float) -> tuple[float, int, float]:
        statistics = ReceiverStatistics(1, 0)
        for n in range(100):
            if n % 20 != 1:
                statistics.add(n, 960 * n, 0.02 * n)
        block, own = statistics.report(downlink_loss, 2.0)
        return block.fraction_lost, block.lost, own

    assert heard(0.0) == (0.05, 5, 0.05)
    assert heard(0.1) == (0.1, 10, 0.05)


def test_each_report_speaks_of_its_own_interval() -> None:
    statistics = ReceiverStatistics(1, 0)
    for n in (0, 1, 4):
        statistics.add(n, 960 * n, 0.02 * n)
    assert statistics.report(0.0, 1.0)[1] == pytest.approx(0.4)
    statistics.add(5, 960 * 5, 0.1)
    block, own = statistics.report(0.0, 2.0)
    assert (own, block.lost) == (0.0, 2)


def test_the_round_trip_is_the_time_since_our_report_less_what_they_kept_it() -> None:
    sent = ntp_of(1000.0)
    statistics = ReceiverStatistics(1, 0)
    statistics.add(0, 0, 0.0)
    statistics.sender_report(SenderReport(1, sent, 0, 0, 0), 50.0)  # their clock
    block, _ = statistics.report(0.0, 50.5)
    assert round_trip_s(block, ntp_of(1000.53)) == pytest.approx(0.03, abs=1e-3)
    assert round_trip_s(block, ntp_of(1000.49)) == 0.0
    assert round_trip_s(block, ntp_of(2000.0)) is None
    assert round_trip_s(ReportBlock(1, 0.0, 0, 0, 0, 0, 0), sent) is None
