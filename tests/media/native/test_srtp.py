"""SRTP in C: the RFCs' vectors, libsrtp (through pylibsrtp) on the other end, and what must be refused."""

import os
from collections.abc import Iterator
from typing import Any

import pylibsrtp
import pytest

from gateway.media import rtcp, rtp

CM, GCM_128, GCM_256 = 1, 7, 8  # IANA's numbers
MALFORMED, REPLAY, AUTHENTICATION, TOO_MANY_SOURCES = -1, -2, -3, -4
PROFILES = {
    CM: (pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 30),
    GCM_128: (pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 28),
    GCM_256: (pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_256_GCM, 44),
}
ROOM = 2048


class Session:
    """One direction, in C. Packets come and go as bytes; a refusal is a negative number."""

    def __init__(self, native: Any, handle: Any) -> None:
        assert handle != native.ffi.NULL
        self._native = native
        self._handle = native.ffi.gc(handle, native.lib.srtp_free)

    @classmethod
    def of(cls, native: Any, profile: int, key: bytes) -> "Session":
        return cls(native, native.lib.srtp_new(profile, key, len(key)))

    def _do(self, function: Any, packet: bytes, *room: int) -> bytes | int:
        buffer = self._native.ffi.new("uint8_t[]", max(ROOM, len(packet)))
        self._native.ffi.memmove(buffer, packet, len(packet))
        size = function(self._handle, buffer, len(packet), *room)
        return bytes(self._native.ffi.buffer(buffer, size)) if size >= 0 else int(size)

    def protect(self, packet: bytes, room: int = ROOM) -> bytes | int:
        return self._do(self._native.lib.srtp_protect, packet, room)

    def unprotect(self, packet: bytes) -> bytes | int:
        return self._do(self._native.lib.srtp_unprotect, packet)

    def protect_rtcp(self, packet: bytes, room: int = ROOM) -> bytes | int:
        return self._do(self._native.lib.srtp_protect_rtcp, packet, room)

    def unprotect_rtcp(self, packet: bytes) -> bytes | int:
        return self._do(self._native.lib.srtp_unprotect_rtcp, packet)


class Ends:
    """A sender and a receiver for one key, in C and in libsrtp."""

    def __init__(self, native: Any, profile: int) -> None:
        theirs, size = PROFILES[profile]
        key = os.urandom(size)
        self.sender, self.receiver = Session.of(native, profile, key), Session.of(native, profile, key)
        out, back = pylibsrtp.Policy.SSRC_ANY_OUTBOUND, pylibsrtp.Policy.SSRC_ANY_INBOUND
        self.libsrtp_sender = pylibsrtp.Session(pylibsrtp.Policy(key=key, ssrc_type=out, srtp_profile=theirs))
        self.libsrtp_receiver = pylibsrtp.Session(pylibsrtp.Policy(key=key, ssrc_type=back, srtp_profile=theirs))


@pytest.fixture(params=PROFILES)
def ends(request: pytest.FixtureRequest, native: Any) -> Iterator[Ends]:
    yield Ends(native, request.param)


def packet(sequence: int, ssrc: int = 5, payload: bytes = b"\x78voice") -> bytes:
    return rtp.pack_rtp(111, False, sequence & 0xFFFF, sequence * 960 & 0xFFFF_FFFF, ssrc, payload)


REPORT = rtcp.build_compound(5, "peer", [rtcp.SenderReport(5, 1, 2, 3, 4)], [rtcp.ReportBlock(6, 0.5, 1, 2, 3, 4, 5)])

# ---- vectors ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        (0, "C61E7A93744F39EE10734AFE3FF7A087"),
        (2, "30CBBC08863D8C85D49DB34A9AE1"),
        (1, "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"),
    ],
)
def test_session_keys_are_derived_as_in_rfc_3711_appendix_b3(native: Any, label: int, expected: str) -> None:
    key, salt = bytes.fromhex("E1F97A0D3E018BE0D64FA32C06DE4139"), bytes.fromhex("0EC675AD498AFEEBB6960B3AABE6")
    wanted = bytes.fromhex(expected)
    out = native.ffi.new("uint8_t[]", len(wanted))
    assert native.lib.srtp_derive(key, len(key), salt, len(salt), label, out, len(wanted)) == 0
    assert bytes(native.ffi.buffer(out)) == wanted


def test_the_key_stream_is_that_of_rfc_3711_appendix_b2(native: Any) -> None:
    """SSRC and index zero give the IV of the appendix; a payload of zeros shows the stream itself."""
    key, salt = bytes.fromhex("2B7E151628AED2A6ABF7158809CF4F3C"), bytes.fromhex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD")
    handle = native.lib.srtp_of_session_keys(CM, key, salt, bytes(20))
    sealed = Session(native, handle).protect(rtp.pack_rtp(0, False, 0, 0, 0, bytes(48)))
    assert isinstance(sealed, bytes)
    assert sealed[12:60] == bytes.fromhex(
        "E03EAD0935C95E80E166B16DD92B4EB4D23513162B02D0F72A43A2FE4A5F97AB41E95B3BB0A2E8DD477901E4FCA894C0"
    )


def test_a_packet_is_sealed_as_libsrtps_validation_does(native: Any) -> None:
    key = bytes.fromhex("e1f97a0d3e018be0d64fa32c06de41390ec675ad498afeebb6960b3aabe6")
    sealed = Session.of(native, CM, key).protect(bytes.fromhex("800f1234decafbadcafebabe" + "ab" * 16))
    assert sealed == bytes.fromhex("800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb")


QUID_PRO_QUO = bytes.fromhex("517569642070726f2071756f")
GALLIA = bytes.fromhex("8040f17b8041f8d35501a0b2") + b"Gallia est omnis divisa in partes tres"
MARS = bytes.fromhex("81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61" + "deadbeef" * 5)


@pytest.mark.parametrize(
    ("profile", "key_bytes", "expected"),
    [
        (
            GCM_128,
            16,
            "8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833899d"
            "7f27beb16a9152cf765ee4390cce",
        ),
        (
            GCM_256,
            32,
            "8040f17b8041f8d35501a0b232b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b7aa3"
            "db36dfffd6b0f9bb7878d7a76c13",
        ),
    ],
)
def test_gcm_packets_are_those_of_rfc_7714_section_16(native: Any, profile: int, key_bytes: int, expected: str) -> None:
    def session() -> Session:
        key = bytes(range(key_bytes))
        handle = native.lib.srtp_of_session_keys(profile, key, QUID_PRO_QUO, native.ffi.NULL)
        return Session(native, handle)

    assert session().protect(GALLIA) == bytes.fromhex(expected)
    assert session().unprotect(bytes.fromhex(expected)) == GALLIA


def test_a_gcm_report_is_that_of_rfc_7714_section_17_1(native: Any) -> None:
    sealed = bytes.fromhex(
        "81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded"
        "0bb9275bc84aa45896cf4d2fc5abf87245d9eade800005d4"
    )
    handle = native.lib.srtp_of_session_keys(GCM_128, bytes(range(16)), QUID_PRO_QUO, native.ffi.NULL)
    assert Session(native, handle).unprotect_rtcp(sealed) == MARS


# ---- the other implementation ----------------------------------------------------------------------------------------


def test_libsrtp_opens_what_we_seal_through_the_wrap_of_the_sequence(ends: Ends) -> None:
    for n in range(65_530, 65_545):
        sealed = ends.sender.protect(packet(n))
        assert isinstance(sealed, bytes)
        assert ends.libsrtp_receiver.unprotect(sealed) == packet(n)
    for _ in range(3):
        sealed = ends.sender.protect_rtcp(REPORT)
        assert isinstance(sealed, bytes)
        assert ends.libsrtp_receiver.unprotect_rtcp(sealed) == REPORT


def test_we_open_what_libsrtp_seals_also_late_and_with_extensions(ends: Ends) -> None:
    clear = [packet(n, payload=os.urandom(n % 200)) for n in range(65_500, 65_600)]
    clear[3] = bytes([clear[3][0] | 0x11]) + clear[3][1:12] + b"\0\0\0\7\xbe\xde\0\1\x10\xa5\0\0" + clear[3][12:]
    sealed = [ends.libsrtp_sender.protect(one) for one in clear]
    order = [*range(0, 100, 2), *range(1, 100, 2)]
    assert [ends.receiver.unprotect(sealed[n]) for n in order] == [clear[n] for n in order]
    for _ in range(3):
        assert ends.receiver.unprotect_rtcp(ends.libsrtp_sender.protect_rtcp(REPORT)) == REPORT


@pytest.mark.parametrize("start", [0, 1, 255, 0x7FFE, 0x7FFF, 0x8000, 0x8001, 0xC000, 0xFFFE, 0xFFFF])
def test_every_start_goes_through_two_wraps(ends: Ends, start: int) -> None:
    for n in range(start, start + 140_000, 997):
        assert ends.receiver.unprotect(ends.libsrtp_sender.protect(packet(n))) == packet(n)
        sealed = ends.sender.protect(packet(n))
        assert isinstance(sealed, bytes)
        assert ends.libsrtp_receiver.unprotect(sealed) == packet(n)


# ---- refusals --------------------------------------------------------------------------------------------------------


def test_a_packet_is_taken_once_within_the_window_and_never_behind_it(ends: Ends) -> None:
    sealed = [ends.libsrtp_sender.protect(packet(n)) for n in range(1100)]
    assert ends.receiver.unprotect(sealed[0]) == packet(0)
    assert ends.receiver.unprotect(sealed[0]) == REPLAY
    assert ends.receiver.unprotect(sealed[1099]) == packet(1099)
    assert ends.receiver.unprotect(sealed[1099 - 1023]) == packet(1099 - 1023)
    assert ends.receiver.unprotect(sealed[1099 - 1023]) == REPLAY
    assert ends.receiver.unprotect(sealed[1099 - 1024]) == REPLAY
    report = ends.libsrtp_sender.protect_rtcp(REPORT)
    assert [ends.receiver.unprotect_rtcp(report) for _ in range(2)] == [REPORT, REPLAY]


def test_no_index_is_used_twice_for_sealing(ends: Ends) -> None:
    assert isinstance(ends.sender.protect(packet(7)), bytes)
    assert ends.sender.protect(packet(7, payload=b"other")) == REPLAY


def test_what_was_changed_by_one_bit_anywhere_is_refused_and_the_truth_still_taken(ends: Ends) -> None:
    for clear, seal, unseal in (
        (packet(9), ends.libsrtp_sender.protect, ends.receiver.unprotect),
        (REPORT, ends.libsrtp_sender.protect_rtcp, ends.receiver.unprotect_rtcp),
    ):
        sealed = seal(clear)
        for bit in range(8 * len(sealed)):
            changed = bytearray(sealed)
            changed[bit // 8] ^= 1 << bit % 8
            assert unseal(bytes(changed)) in (MALFORMED, AUTHENTICATION), bit
        assert unseal(sealed) == clear


def test_short_packets_are_refused_whatever_they_say(ends: Ends) -> None:
    longest = ends.libsrtp_sender.protect(packet(1, payload=b"x" * 30))
    report = ends.libsrtp_sender.protect_rtcp(REPORT)
    for size in range(len(longest)):
        assert ends.receiver.unprotect(longest[:size]) in (MALFORMED, AUTHENTICATION)
        assert ends.receiver.unprotect(b"\x9f\xef" + longest[2:size]) in (MALFORMED, AUTHENTICATION)
    for size in range(len(report)):
        assert ends.receiver.unprotect_rtcp(report[:size]) in (MALFORMED, AUTHENTICATION)


def test_nothing_is_sealed_into_a_buffer_that_is_too_small(ends: Ends) -> None:
    clear = packet(1)
    assert ends.sender.protect(clear, room=len(clear) + 9) == MALFORMED
    assert ends.sender.protect_rtcp(REPORT, room=len(REPORT) + 13) == MALFORMED


def test_a_peer_has_a_limited_number_of_sources(ends: Ends) -> None:
    results = [ends.receiver.unprotect(ends.libsrtp_sender.protect(packet(1, ssrc=n + 1))) for n in range(20)]
    assert [isinstance(result, bytes) for result in results] == [True] * 16 + [False] * 4
    assert set(results[16:]) == {TOO_MANY_SOURCES}
    assert ends.receiver.unprotect(ends.libsrtp_sender.protect(packet(2, ssrc=1))) == packet(2, ssrc=1)


@pytest.mark.parametrize(("profile", "size"), [(CM, 28), (CM, 0), (GCM_128, 44), (GCM_256, 30), (2, 30), (0, 0)])
def test_keys_that_do_not_fit_their_profile_make_no_session(native: Any, profile: int, size: int) -> None:
    assert native.lib.srtp_new(profile, bytes(size), size) == native.ffi.NULL
