"""Prompts out of real files."""

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from gateway.media import make_prompts
from gateway.media.opus import duration_ticks
from gateway.media.prompts import PromptUnusable, load_default_prompts, load_prompt


def write_tone(path: Path, seconds: float, rate_hz: int, layout: str, codec: str) -> None:
    """440 Hz in a container that the file's name tells."""
    t = np.arange(int(seconds * rate_hz)) / rate_hz
    samples = (9000 * np.sin(2 * np.pi * 440 * t)).astype(np.int16)
    if layout == "stereo":
        samples = np.repeat(samples, 2)
    frame = av.AudioFrame.from_ndarray(samples[None, :], "s16", layout)
    frame.sample_rate = rate_hz
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=rate_hz)
        stream.layout = layout
        resampler = av.AudioResampler(format=stream.format, layout=layout, rate=rate_hz, frame_size=1152)
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))


def sound_of(packets: tuple[bytes, ...]) -> np.ndarray[Any, Any]:
    decoder: Any = av.CodecContext.create("libopus", "r")
    decoder.sample_rate = 48_000
    frames = [frame for packet in packets for frame in decoder.decode(av.Packet(packet))]
    return np.concatenate([f.to_ndarray().reshape(-1, len(f.layout.channels))[:, 0].astype(float) for f in frames])


@pytest.mark.parametrize(
    ("name", "rate_hz", "layout", "codec"),
    [
        ("a.wav", 16_000, "mono", "pcm_s16le"),
        ("b.mp3", 44_100, "stereo", "libmp3lame"),
        ("c.ogg", 48_000, "mono", "libopus"),
    ],
)
async def test_a_sound_file_becomes_packets_of_20_ms_that_sound_like_it(
    tmp_path: Path, name: str, rate_hz: int, layout: str, codec: str
) -> None:
    write_tone(tmp_path / name, 1.0, rate_hz, layout, codec)
    prompt = await load_prompt(tmp_path / name)
    assert (prompt.name, prompt.loop) == (name[0], False)
    assert {duration_ticks(packet) for packet in prompt.packets} == {960}
    assert 50 <= len(prompt.packets) <= 54
    samples = sound_of(tuple(prompt.packets))[9600:38_400]
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(samples.size)))
    assert spectrum.argmax() * 48_000 / samples.size == pytest.approx(440, abs=5)


async def test_a_file_is_prepared_once_and_again_when_it_was_replaced(tmp_path: Path) -> None:
    write_tone(tmp_path / "a.wav", 0.5, 8_000, "mono", "pcm_s16le")
    first, again = await load_prompt(tmp_path / "a.wav"), await load_prompt(tmp_path / "a.wav", loop=True)
    assert again.packets is first.packets and again.loop
    write_tone(tmp_path / "a.wav", 1.0, 8_000, "mono", "pcm_s16le")
    assert len((await load_prompt(tmp_path / "a.wav")).packets) > len(first.packets)


@pytest.mark.parametrize("content", [b"", b"no sound at all" * 50, b"RIFF\0\0\0\0WAVEfmt "])
async def test_what_is_no_sound_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.wav").write_bytes(content)
    with pytest.raises(PromptUnusable):
        await load_prompt(tmp_path / "x.wav")


async def test_a_file_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"):
        await load_prompt(tmp_path / "nowhere.ogg")


async def test_the_prompts_that_come_with_ramal_loop_softly() -> None:
    prompts = await load_default_prompts()
    assert prompts.hold_tone.loop and prompts.ringback.loop
    assert len(prompts.hold_tone.packets) == pytest.approx(200, abs=2)  # 4 s
    assert len(prompts.ringback.packets) == pytest.approx(250, abs=2)  # 5 s
    for prompt in (prompts.hold_tone, prompts.ringback):
        sound = sound_of(tuple(prompt.packets))
        assert 1000 < np.abs(sound).max() < 12_000
        assert np.abs(sound[:200]).max() < 1500  # no click where it begins again


def test_the_committed_sounds_are_what_the_program_makes(tmp_path: Path) -> None:
    for name, sound in (("hold_tone", make_prompts.hold_tone()), ("ringback", make_prompts.ringback())):
        make_prompts.write(tmp_path / f"{name}.ogg", sound)
        with av.open(str(tmp_path / f"{name}.ogg")) as made, av.open(str(make_prompts.FOLDER / f"{name}.ogg")) as kept:
            assert made.duration == kept.duration
