"""Legs are cut at silences, nothing that was spoken is lost, and every piece knows its place."""

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gateway.simulator.clips import VOICES_DIR
from recording.cutting import FRAME_S, cuts
from recording.pieces import RATE_HZ, Piece, cut_now, cut_recording, longest_piece_s, main
from recording.transcript import Speaker
from signaling.errors import NeighbourError

Sound = NDArray[np.int16]


def voice(name: str, seconds: float) -> Sound:
    """The beginning of a shipped voice, at 16 kHz."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
    with av.open(str(VOICES_DIR / f"{name}.ogg")) as container:
        frames = [part for frame in container.decode(audio=0) for part in resampler.resample(frame)]
    sound = np.concatenate([frame.to_ndarray()[0] for frame in frames])
    return np.asarray(sound[: round(seconds * RATE_HZ)], np.int16)


def recording(path: Path, seconds: float, left: list[tuple[float, Sound]], right: list[tuple[float, Sound]]) -> Sound:
    """A stereo recording of voices at their places in a quiet room; returns what was put into it."""
    random = np.random.default_rng(7)
    sound = random.normal(0, 12, (round(seconds * RATE_HZ), 2)).astype(np.int16)  # a room at -69 dBFS
    for side, said in enumerate((left, right)):
        for at_s, words in said:
            first = round(at_s * RATE_HZ)
            sound[first : first + len(words), side] += words
    with av.open(str(path), "w", format="ogg") as container:
        stream: Any = container.add_stream("libopus", rate=48_000)
        stream.layout, stream.format, stream.bit_rate = "stereo", "s16", 40_000
        resampler = av.AudioResampler(format="s16", layout="stereo", rate=48_000, frame_size=960)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound).reshape(1, -1), "s16", "stereo")
        frame.sample_rate, frame.pts = RATE_HZ, 0
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return sound


def heard(piece: Piece) -> NDArray[np.float64]:
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
    with av.open(str(piece.path)) as container:
        frames = [part for frame in container.decode(audio=0) for part in resampler.resample(frame)]
        frames += resampler.resample(None)
    return np.concatenate([frame.to_ndarray()[0] for frame in frames]).astype(np.float64)


def where(piece: Piece, sound: Sound, speaker: Speaker) -> float:
    """How far a piece's sound is from the place that it claims, in seconds, by correlation."""
    whole = sound[:, 0 if speaker is Speaker.CUSTOMER else 1].astype(np.float64)
    first, around = round(piece.span.start_s * RATE_HZ), RATE_HZ // 5
    part = heard(piece)[: RATE_HZ * 4]
    padded = np.concatenate([np.zeros(around), whole, np.zeros(around + len(part))])
    window = padded[first : first + len(part) + 2 * around]
    size = 2 * len(window)
    found = np.fft.irfft(np.fft.rfft(window, size) * np.conj(np.fft.rfft(part, size)))[: 2 * around]
    place = int(np.argmax(found))
    matched = window[place : place + len(part)]
    assert np.corrcoef(matched, part)[0, 1] > 0.9
    return (place - around) / RATE_HZ


@pytest.fixture(scope="module")
def maria() -> Sound:
    return voice("maria", 6)


@pytest.fixture(scope="module")
def joao() -> Sound:
    return voice("joao", 6)


def test_each_leg_is_cut_alone_and_every_piece_knows_its_place(tmp_path: Path, maria: Sound, joao: Sound) -> None:
    call = tmp_path / "call.ogg"
    sound = recording(call, 60, left=[(2.0, maria), (40.0, maria)], right=[(9.0, joao), (47.0, joao)])
    pieces = list(cut_now(call, tmp_path, 30.0))
    assert [(piece.span.speaker, round(piece.span.start_s)) for piece in pieces] == [
        (Speaker.CUSTOMER, 2),
        (Speaker.CUSTOMER, 40),
        (Speaker.AGENT, 9),
        (Speaker.AGENT, 47),
    ], "half a minute of silence is sent to nobody"
    for piece in pieces:
        assert abs(where(piece, sound, piece.span.speaker)) < 0.03
        assert abs(len(heard(piece)) / RATE_HZ - piece.span.duration_s) < 0.03
        assert 4.0 < piece.span.duration_s < 7.0


def test_what_lies_close_together_is_one_piece_as_long_as_there_is_room(tmp_path: Path, maria: Sound) -> None:
    call = tmp_path / "call.ogg"
    recording(call, 40, left=[(1.0, maria), (10.0, maria), (20.0, maria)], right=[])
    whole = list(cut_now(call, tmp_path, 60.0))
    assert len(whole) == 1 and 24 < whole[0].span.duration_s < 27
    parts = list(cut_now(call, tmp_path, 18.0))
    assert len(parts) == 2 and all(piece.span.duration_s <= 18.0 for piece in parts)
    assert parts[1].span.start_s > 19.0, "it is cut between the sentences, not in one"


def test_what_we_played_is_nobodys_words(tmp_path: Path, maria: Sound, joao: Sound) -> None:
    call = tmp_path / "call.ogg"
    sound = recording(call, 30, left=[(2.0, maria)], right=[(1.0, maria), (9.0, joao)])
    pieces = list(cut_now(call, tmp_path, 30.0, [(1.0, 7.0)]))
    assert [(piece.span.speaker, round(piece.span.start_s)) for piece in pieces] == [
        (Speaker.CUSTOMER, 2),
        (Speaker.AGENT, 9),
    ]
    for piece in pieces:
        assert abs(where(piece, sound, piece.span.speaker)) < 0.03


def test_a_call_in_which_nobody_speaks_has_no_piece(tmp_path: Path) -> None:
    call = tmp_path / "call.ogg"
    recording(call, 5, left=[], right=[])
    assert list(cut_now(call, tmp_path, 60.0)) == []


def test_files_stay_below_the_servers_limit(tmp_path: Path, maria: Sound) -> None:
    call = tmp_path / "call.ogg"
    recording(call, 30, left=[(0.0, np.tile(maria, 5))], right=[])
    limit_bytes = 60_000
    pieces = list(cut_now(call, tmp_path, longest_piece_s(600.0, limit_bytes)))
    assert len(pieces) > 1
    assert all(piece.path.stat().st_size < limit_bytes for piece in pieces)
    spoken_s = sum(piece.span.duration_s for piece in pieces)
    assert spoken_s > 25, "nothing of who speaks without a pause is lost"


async def test_cutting_in_a_process_of_its_own_tells_the_same(tmp_path: Path, maria: Sound) -> None:
    call, there, here = tmp_path / "call.ogg", tmp_path / "there", tmp_path / "here"
    there.mkdir()
    here.mkdir()
    recording(call, 10, left=[(1.0, maria)], right=[])
    told = await cut_recording(call, there, 60.0)
    assert [piece.span for piece in told] == [piece.span for piece in cut_now(call, here, 60.0)]
    assert told[0].path.read_bytes()[:4] == b"OggS"


async def test_a_file_that_is_no_recording_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "call.ogg").write_bytes(b"OggS" + bytes(400))
    with pytest.raises(NeighbourError) as failed:
        await cut_recording(tmp_path / "call.ogg", tmp_path, 60.0)
    assert (failed.value.failure.code, failed.value.failure.retry_after_s) == ("recording.unreadable", None)


async def test_a_process_that_is_killed_says_nothing_about_the_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = tmp_path / "python"
    killed.write_text("#!/bin/sh\nkill -9 $$\n")
    killed.chmod(0o700)
    monkeypatch.setattr("recording.pieces.sys.executable", str(killed))
    with pytest.raises(NeighbourError) as failed:
        await cut_recording(tmp_path / "call.ogg", tmp_path, 60.0)
    assert (failed.value.failure.code, failed.value.failure.retry_after_s) == ("recording.killed", 60.0)


def test_a_folder_that_cannot_be_written_is_no_fault_of_the_recording(
    tmp_path: Path, maria: Sound, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = tmp_path / "call.ogg"
    recording(call, 4, left=[(1.0, maria[:RATE_HZ])], right=[])
    monkeypatch.setattr("os.nice", lambda _: 0)
    assert main(str(call), str(tmp_path / "nowhere"), "60") == 3


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 900), st.booleans()), max_size=20),
    st.floats(1.0, 40.0),
    st.integers(0, 2**32 - 1),
)
def test_every_voice_is_in_exactly_one_piece_and_no_piece_is_too_long(
    stretches: list[tuple[int, bool]], longest_s: float, seed: int
) -> None:
    random = np.random.default_rng(seed)
    parts = [random.normal(-20 if loud else -75, 3, frames) for frames, loud in stretches]
    levels = np.concatenate([np.zeros(0), *parts]).astype(np.float32)
    found = cuts(levels, longest_s)
    covered = np.zeros(len(levels), np.int64)
    for cut in found:
        assert 0 <= cut.first < cut.last <= len(levels)
        assert cut.duration_s <= longest_s + FRAME_S
        covered[cut.first : cut.last] += 1
    assert not (covered > 1).any()
    at = 0
    for frames, loud in stretches:
        if loud and frames >= 10:
            assert covered[at + 2 : at + frames - 2].all(), "a voice that is in no piece"
        at += frames
