"""Sounds by name and language, shipped and uploaded."""

from pathlib import Path

import numpy as np
import pytest

from gateway.media.prompt_library import LANGUAGES, LOOPING, SHIPPED, PromptLibrary, UnknownPrompt, shipped_names
from gateway.media.prompt_texts import MOST_COUNTED, TEXTS, position_prompt
from gateway.media.prompts import PromptUnusable
from tests.media.test_prompts import sound_of, write_tone

UPLOAD = "0123456789abcdef0123456789abcdef"


def test_every_text_is_there_in_every_language_as_a_sound() -> None:
    assert tuple(TEXTS) == LANGUAGES
    for language in LANGUAGES:
        assert TEXTS[language].keys() == TEXTS["en"].keys()
        assert {path.stem for path in (SHIPPED / language).glob("*.ogg")} == set(TEXTS[language])
    assert shipped_names() == LOOPING | {"beep"} | set(TEXTS["en"])


async def test_words_come_in_the_language_asked_for_and_music_in_any(tmp_path: Path) -> None:
    library = PromptLibrary(tmp_path)
    portuguese, english = await library.get("greeting"), await library.get("greeting", "en")
    assert portuguese.packets != english.packets
    assert (await library.get("greeting", "fr")).packets == portuguese.packets
    music = await library.get("queue_music", "en")
    assert music.loop and music.packets == (await library.get("queue_music", "es")).packets
    assert not english.loop


async def test_every_spoken_sound_is_loud_enough_and_a_few_seconds_long(tmp_path: Path) -> None:
    library = PromptLibrary(tmp_path)
    for language in LANGUAGES:
        for name in ("greeting", "consent_question", position_prompt(3)):
            prompt = await library.get(name, language)
            assert 1 <= len(prompt.packets) * 0.02 <= 15
            assert np.abs(sound_of(tuple(prompt.packets))).max() > 3000


async def test_how_long_a_sound_is_is_known_without_decoding_it(tmp_path: Path) -> None:
    library = PromptLibrary(tmp_path)
    for name in ("greeting", "beep", "queue_position_10"):
        prompt = await library.get(name)
        assert abs(await library.duration_ms_of(name) - 20 * len(prompt.packets)) <= 40, (
            name
        )  # what the encoder adds at both ends


async def test_a_sequence_is_one_sound_without_a_gap(tmp_path: Path) -> None:
    library = PromptLibrary(tmp_path)
    first, second = await library.get("queue_wait", "en"), await library.get("queue_position_3", "en")
    both = await library.sequence(("queue_wait", "queue_position_3"), "en")
    assert both.packets == (*first.packets, *second.packets)


def test_far_back_in_the_queue_no_number_is_said() -> None:
    assert [position_prompt(place) for place in (1, MOST_COUNTED, MOST_COUNTED + 1)] == [
        "queue_position_1",
        "queue_position_10",
        "queue_many",
    ]


async def test_an_uploaded_sound_is_kept_played_and_forgotten(tmp_path: Path) -> None:
    write_tone(tmp_path / "a.wav", 1.0, 16_000, "mono", "pcm_s16le")
    library = PromptLibrary(tmp_path / "uploads")
    await library.keep(UPLOAD, (tmp_path / "a.wav").read_bytes())
    assert 50 <= len((await library.get(UPLOAD)).packets) <= 54
    assert [path.name for path in (tmp_path / "uploads").iterdir()] == [UPLOAD]
    await library.forget(UPLOAD)
    with pytest.raises(UnknownPrompt):
        await library.get(UPLOAD)


@pytest.mark.parametrize("sound", [b"", b"no sound at all" * 50, bytes(21 * 1024 * 1024)])
async def test_what_is_no_sound_or_too_large_leaves_nothing_behind(tmp_path: Path, sound: bytes) -> None:
    library = PromptLibrary(tmp_path / "uploads")
    with pytest.raises(PromptUnusable):
        await library.keep(UPLOAD, sound)
    with pytest.raises(UnknownPrompt):
        await library.get(UPLOAD)


@pytest.mark.parametrize("name", ["../prompts", "/etc/passwd", "", "pt-BR/greeting", "greeting.ogg", UPLOAD.upper()])
async def test_a_name_is_never_a_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnknownPrompt):
        await PromptLibrary(tmp_path).get(name)
