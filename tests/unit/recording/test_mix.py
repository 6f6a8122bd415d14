"""Journals of known voices become recordings in which each voice is where and when it was spoken."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from gateway.simulator.clips import voices
from recording.journal import Head, Leg, Mark, NotAJournal, encode_end, encode_head, encode_mark, encode_packet
from recording.mix import PEAKS, Finished, finish
from recording.timeline import OPUS_LOOKAHEAD_SAMPLES, RATE_HZ
from signaling.ids import CallId

HEAD = Head(CallId("a" * 32), datetime(2026, 11, 25, 12, tzinfo=UTC))
WAY_S = 0.03
Sound = NDArray[np.float64]


class Talk:
    """Writes a journal as a plane would hear it: each packet some way later, with jitter and loss."""

    def __init__(self, seed: int = 1) -> None:
        self.random = np.random.default_rng(seed)
        self.records: list[tuple[float, bytes]] = []

    def say(
        self,
        leg: Leg,
        voice: Sequence[bytes],
        at_s: float,
        *,
        ssrc: int = 7,
        ticks: int = 4_294_900_000,
        loss: float = 0.0,
        jitter_s: float = 0.01,
    ) -> None:
        for number, payload in enumerate(voice):
            if self.random.random() < loss:
                continue
            came_s = at_s + number * 0.02 + WAY_S + self.random.exponential(jitter_s)
            clock = (ticks + number * 960) % 2**32
            self.records.append((came_s, encode_packet(leg, came_s, ssrc, number & 0xFFFF, clock, False, payload)))

    def mark(self, at_s: float, mark: Mark, count: int = 0) -> None:
        self.records.append((at_s, encode_mark(at_s, mark, count)))

    def write(self, path: Path, ended_s: float | None) -> Path:
        body = b"".join(record for _, record in sorted(self.records, key=lambda timed: timed[0]))
        end = b"" if ended_s is None else encode_end(ended_s)
        path.write_bytes(encode_head(HEAD) + body + end)
        return path


@pytest.fixture(scope="module")
def joao() -> Sequence[bytes]:
    return voices()["joao"].packets[:300]


@pytest.fixture(scope="module")
def maria() -> Sequence[bytes]:
    return voices()["maria"].packets[:300]


def sound_of(packets: Sequence[bytes]) -> Sound:
    decoder: Any = av.CodecContext.create("libopus", "r")
    decoder.sample_rate, decoder.layout = RATE_HZ, "mono"
    frames = [frame.to_ndarray().ravel() for packet in packets for frame in decoder.decode(av.Packet(packet))]
    return np.concatenate(frames).astype(float)


def both_sides(path: Path) -> tuple[Sound, Sound]:
    """Samples of 16 bits, left and right."""
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray() for frame in container.decode(audio=0)]
    stereo = np.concatenate([f if f.shape[0] == 2 else f.reshape(-1, 2).T for f in frames], axis=1).astype(float)
    full_scale = 32_767 if np.abs(stereo).max() <= 2 else 1  # libopus gives floats
    return stereo[0] * full_scale, stereo[1] * full_scale


def likeness(heard: Sound, said: Sound, at_s: float, within_s: float = 0.005) -> float:
    """The best correlation of what was said with what is heard at this time, give or take. `said` is decoded sound,
    which is late by what the encoder looks ahead; a recording is not."""
    reach = int(within_s * RATE_HZ)
    # What is said in the first milliseconds begins before the recording, by what the encoder looks ahead.
    before = np.zeros(OPUS_LOOKAHEAD_SAMPLES + reach)
    at = int(at_s * RATE_HZ) + reach
    window = np.concatenate([before, heard])[at - reach : at + len(said) + reach]
    best = 0.0
    size = len(window) + len(said)
    cross = np.fft.irfft(np.fft.rfft(window, size) * np.conj(np.fft.rfft(said, size)), size)[: 2 * reach + 1]
    for shift, product in enumerate(cross):
        piece = window[shift : shift + len(said)]
        best = max(best, float(product / (np.linalg.norm(piece) * np.linalg.norm(said[: len(piece)]) + 1e-9)))
    return best


def done(journal: Path, **how: Any) -> tuple[Finished, Sound, Sound]:
    target = journal.with_suffix(".ogg")
    finished = finish(journal, target, **how)
    left, right = both_sides(target)
    assert target.stat().st_size == finished.size_bytes
    return finished, left, right


def test_the_customer_is_left_the_agent_right_each_when_they_spoke(
    tmp_path: Path, joao: Sequence[bytes], maria: Sequence[bytes]
) -> None:
    talk = Talk()
    talk.say(Leg.CUSTOMER, joao, 1.0)
    talk.say(Leg.AGENT, maria, 8.5, ticks=17, ssrc=9)
    finished, left, right = done(talk.write(tmp_path / "a.journal", 20.0))
    assert finished.duration_s == 20.0
    assert abs(len(left) / RATE_HZ - 20.0) < 0.02
    assert likeness(left, sound_of(joao), 1.0 + WAY_S) > 0.9
    assert likeness(right, sound_of(maria), 8.5 + WAY_S) > 0.9
    assert np.abs(left[9 * RATE_HZ :]).max() < 600, "the agent is not on the customer's side"
    assert (finished.missing_s, finished.packets) == (0.0, 600)


def test_with_loss_and_jitter_the_voices_stay_in_place_and_the_length_is_the_walls(
    tmp_path: Path, joao: Sequence[bytes], maria: Sequence[bytes]
) -> None:
    talk = Talk(seed=4)
    talk.say(Leg.CUSTOMER, joao, 0.5, loss=0.05, jitter_s=0.03)
    talk.say(Leg.AGENT, maria, 0.7, loss=0.05, jitter_s=0.03, ssrc=9)
    _, left, right = done(talk.write(tmp_path / "a.journal", 12.34))
    assert abs(len(left) / RATE_HZ - 12.34) < 0.02
    assert likeness(left, sound_of(joao), 0.5 + WAY_S) > 0.9
    assert likeness(right, sound_of(maria), 0.7 + WAY_S) > 0.9


def test_what_we_played_is_on_the_agents_side_where_it_was_heard_and_leaves_the_agents_voice_as_loud(
    tmp_path: Path, joao: Sequence[bytes], maria: Sequence[bytes]
) -> None:
    greeting, music = joao[:100], [*joao[100:200], *joao[100:150]]  # which began anew
    talk = Talk()
    talk.say(Leg.CUSTOMER, joao, 0.5)
    talk.say(Leg.PLAYED, greeting, 1.0, ssrc=1, ticks=0, jitter_s=0.002)
    talk.say(Leg.PLAYED, music, 4.0, ssrc=2, ticks=0, jitter_s=0.002)
    talk.say(Leg.AGENT, maria, 8.0, ssrc=9)
    finished, left, right = done(talk.write(tmp_path / "a.journal", 15.0))
    assert likeness(right, sound_of(greeting), 1.0 + WAY_S) > 0.9
    assert likeness(right, sound_of(music), 4.0 + WAY_S) > 0.9
    assert likeness(right, sound_of(maria), 8.0 + WAY_S) > 0.9
    assert likeness(left, sound_of(joao), 0.5 + WAY_S) > 0.9
    alone = Talk()
    alone.say(Leg.AGENT, maria, 8.0, ssrc=9)
    _, _, only_agent = done(alone.write(tmp_path / "b.journal", 15.0))
    agent = slice(8 * RATE_HZ, 14 * RATE_HZ)
    assert np.linalg.norm(right[agent]) / np.linalg.norm(only_agent[agent]) == pytest.approx(1, abs=0.05)
    marks = [(marked.mark, round(marked.at_s, 1)) for marked in finished.marks]
    assert marks == [(Mark.PLAYING, 1.0), (Mark.PLAYED, 3.0), (Mark.PLAYING, 4.0), (Mark.PLAYED, 7.0)]


def test_a_sound_of_ours_that_the_journal_breaks_off_in_stops_there(tmp_path: Path, joao: Sequence[bytes]) -> None:
    talk = Talk()
    talk.say(Leg.PLAYED, joao[:100], 1.0, ssrc=1, ticks=0, jitter_s=0.002)
    finished, _, right = done(talk.write(tmp_path / "a.journal", None), call_lasted_s=6.0)
    assert likeness(right, sound_of(joao[:100]), 1.0 + WAY_S) > 0.9
    assert np.abs(right[int(3.2 * RATE_HZ) :]).max() < 100
    assert (finished.ended, finished.duration_s) == (False, 6.0) and finished.missing_s == pytest.approx(3.0, abs=0.1)


def test_after_a_hold_a_reload_and_a_transfer_the_new_voice_is_where_it_was_spoken(
    tmp_path: Path, joao: Sequence[bytes], maria: Sequence[bytes]
) -> None:
    talk = Talk()
    talk.say(Leg.AGENT, maria[:150], 0.2, ssrc=9)
    talk.mark(4.0, Mark.HELD)
    talk.mark(9.0, Mark.RESUMED)
    talk.say(Leg.AGENT, maria[150:], 9.1, ssrc=9, ticks=4_294_900_000 + 150 * 960)  # its clock stood still meanwhile
    talk.mark(13.0, Mark.TRANSFERRED)
    talk.say(Leg.AGENT, joao, 14.0, ssrc=77, ticks=5)
    finished, _, right = done(talk.write(tmp_path / "a.journal", 22.0))
    assert likeness(right, sound_of(maria[:150]), 0.2 + WAY_S) > 0.9
    assert likeness(right, sound_of(maria)[150 * 960 :], 9.1 + WAY_S) > 0.9
    assert likeness(right, sound_of(joao), 14.0 + WAY_S) > 0.9
    assert [marked.mark for marked in finished.marks] == [Mark.HELD, Mark.RESUMED, Mark.TRANSFERRED]


def test_a_pause_for_card_data_is_silence_of_its_length_between_two_marks(
    tmp_path: Path, joao: Sequence[bytes], maria: Sequence[bytes]
) -> None:
    """Nothing that arrives in it reaches the journal; both clocks run on meanwhile."""
    talk = Talk()
    talk.say(Leg.CUSTOMER, joao[:100], 0.5)
    talk.say(Leg.AGENT, maria[:100], 0.6, ssrc=9)
    talk.mark(3.0, Mark.PAUSED)
    talk.mark(8.0, Mark.CONTINUED)
    talk.say(Leg.CUSTOMER, joao[100:], 8.2, ticks=4_294_900_000 + round(7.7 * RATE_HZ))
    talk.say(Leg.AGENT, maria[100:], 8.3, ssrc=9, ticks=4_294_900_000 + round(7.7 * RATE_HZ))
    finished, left, right = done(talk.write(tmp_path / "a.journal", 14.0))
    paused = slice(int(3.0 * RATE_HZ), int(8.0 * RATE_HZ))
    assert np.abs(left[paused]).max() < 100 and np.abs(right[paused]).max() < 100
    assert abs(len(left) / RATE_HZ - 14.0) < 0.02
    assert likeness(left, sound_of(joao)[100 * 960 :], 8.2 + WAY_S) > 0.9
    assert likeness(right, sound_of(maria)[100 * 960 :], 8.3 + WAY_S) > 0.9
    assert [(marked.mark, marked.at_s) for marked in finished.marks] == [(Mark.PAUSED, 3.0), (Mark.CONTINUED, 8.0)]
    assert finished.missing_s == 0.0, "nothing is missing: it was not to be kept"


def test_three_who_talk_are_two_sides(tmp_path: Path, joao: Sequence[bytes], maria: Sequence[bytes]) -> None:
    talk = Talk()
    talk.say(Leg.AGENT, joao, 0.0, ssrc=9)
    talk.say(Leg.SECOND_AGENT, maria, 7.0, ssrc=10)
    _, left, right = done(talk.write(tmp_path / "a.journal", 14.0))
    assert likeness(right, sound_of(joao), WAY_S) > 0.9
    assert likeness(right, sound_of(maria), 7.0 + WAY_S) > 0.9
    assert np.abs(left).max() < 10


def test_a_quiet_voice_and_a_loud_one_end_up_alike(tmp_path: Path, joao: Sequence[bytes]) -> None:
    from gateway.media.prompts import encode

    loud = sound_of(joao)
    talk = Talk()
    talk.say(Leg.CUSTOMER, encode((loud * 0.2).astype(np.int16)), 0.0)
    talk.say(Leg.AGENT, joao, 0.0, ssrc=9)
    _, left, right = done(talk.write(tmp_path / "a.journal", 6.0))
    ratio_db = 20 * np.log10(np.sqrt((left**2).mean()) / np.sqrt((right**2).mean()))
    assert abs(ratio_db) < 3
    assert max(np.abs(left).max(), np.abs(right).max()) < 32_768


def loudness_db(sound: Sound, begin_s: float, end_s: float) -> float:
    piece = sound[int(begin_s * RATE_HZ) : int(end_s * RATE_HZ)]
    return float(20 * np.log10(np.sqrt((piece**2).mean()) + 1e-9))


def test_a_quiet_agent_who_takes_over_from_a_loud_one_is_as_loud_and_the_pause_between_them_stays_silent(
    tmp_path: Path, joao: Sequence[bytes]
) -> None:
    from gateway.media.prompts import encode

    said = sound_of(joao)
    loud, quiet = encode((said * 1.2).clip(-32768, 32767).astype(np.int16)), encode((said * 0.2).astype(np.int16))
    talk = Talk()
    talk.say(Leg.CUSTOMER, joao, 0.0)
    talk.say(Leg.AGENT, loud, 0.5, ssrc=9)
    talk.mark(7.0, Mark.TRANSFERRED)
    talk.say(Leg.AGENT, quiet, 8.0, ssrc=4_000_000_000)
    talk.say(Leg.SECOND_AGENT, loud, 15.0, ssrc=9)  # in three, the first one is the second voice
    _, left, right = done(talk.write(tmp_path / "a.journal", 22.0))
    heard_db = [loudness_db(right, at_s, at_s + 6) for at_s in (0.5, 8.0, 15.0)]
    assert max(heard_db) - min(heard_db) < 1.5
    assert abs(heard_db[1] - loudness_db(left, 0, 6)) < 2
    assert np.abs(right[int(6.8 * RATE_HZ) : int(7.9 * RATE_HZ)]).max() < 10
    assert likeness(right, sound_of(quiet), 8.0 + WAY_S) > 0.9


def test_a_crash_leaves_a_recording_that_says_what_is_missing(tmp_path: Path, joao: Sequence[bytes]) -> None:
    talk = Talk()
    talk.say(Leg.CUSTOMER, joao, 0.0)
    journal = talk.write(tmp_path / "a.journal", None)
    whole = journal.read_bytes()
    journal.write_bytes(whole[: len(whole) // 2 + 11])  # in the middle of a record
    finished, left, _ = done(journal, call_lasted_s=6.0)
    assert finished.duration_s == 6.0
    assert finished.missing_s == pytest.approx(3.0, abs=0.4)
    assert likeness(left, sound_of(joao[:120]), WAY_S) > 0.9


def test_what_the_tap_lost_is_told(tmp_path: Path, joao: Sequence[bytes]) -> None:
    talk = Talk()
    talk.say(Leg.CUSTOMER, joao, 0.0)
    talk.mark(3.0, Mark.LOST, 50)
    finished, _, _ = done(talk.write(tmp_path / "a.journal", 6.0))
    assert finished.missing_s == 1.0


def test_a_call_in_which_nobody_spoke_is_a_silent_recording_of_its_length(tmp_path: Path) -> None:
    finished, left, right = done(Talk().write(tmp_path / "a.journal", 3.0))
    assert abs(len(left) / RATE_HZ - 3.0) < 0.02
    assert np.abs(left).max() == np.abs(right).max() == 0
    assert finished.peaks == (bytes(PEAKS * 2), bytes(PEAKS * 2))


def test_what_is_authentic_but_no_opus_stays_silent(tmp_path: Path, joao: Sequence[bytes]) -> None:
    talk = Talk()
    talk.say(Leg.CUSTOMER, [b"\xff\xff\xff\xff", b"", b"\x03"] * 20, 0.0)
    talk.say(Leg.AGENT, joao, 0.0, ssrc=9)
    _, _, right = done(talk.write(tmp_path / "a.journal", 6.0))
    assert likeness(right, sound_of(joao), WAY_S) > 0.9


def test_peaks_outline_each_side(tmp_path: Path, joao: Sequence[bytes]) -> None:
    talk = Talk()
    talk.say(Leg.CUSTOMER, joao, 10.0)
    finished, _, _ = done(talk.write(tmp_path / "a.journal", 20.0))
    left = np.frombuffer(finished.peaks[0], np.int8).reshape(PEAKS, 2)
    assert np.abs(left[: PEAKS // 2 - 10]).max() <= 1
    assert left[PEAKS // 2 :, 1].max() > 40
    assert not any(finished.peaks[1])


def test_a_file_that_is_no_journal_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "a.journal").write_bytes(b"RIFF....")
    with pytest.raises(NotAJournal):
        finish(tmp_path / "a.journal", tmp_path / "a.ogg")
    assert [path.name for path in tmp_path.iterdir()] == ["a.journal"]
