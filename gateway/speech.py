"""Words made into a sound by espeak-ng, where the server has it: clear, if plain. For sounds of plans."""

import asyncio
import shutil
from typing import Final

VOICES: Final = {"pt-BR": "pt-br", "en": "en-us", "es": "es-419"}
TEXT_LIMIT_CHARS: Final = 1_000
WORDS_PER_MINUTE: Final = 155
WITHIN_S: Final = 30.0


class CannotSpeak(Exception):
    """`reason`: `not_installed` (the operator installs espeak-ng), or `failed` (trying again may help)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def can_speak() -> bool:
    return shutil.which("espeak-ng") is not None


async def spoken(text: str, language: str) -> bytes:
    """A WAV file. `language`: one of VOICES. Raises CannotSpeak."""
    program = await asyncio.to_thread(shutil.which, "espeak-ng")
    if program is None:
        raise CannotSpeak("not_installed")
    voice = ("-v", VOICES[language], "-s", str(WORDS_PER_MINUTE))
    speaker = await asyncio.create_subprocess_exec(
        program,
        *(*voice, "-b", "1", "--stdin", "--stdout"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    words = text.replace("[[", "(").replace("]]", ")")  # else it reads phonemes there
    try:
        sound, _ = await asyncio.wait_for(speaker.communicate(words.encode()), WITHIN_S)
    except TimeoutError:
        raise CannotSpeak("failed") from None
    finally:
        if speaker.returncode is None:
            speaker.kill()
            await speaker.wait()
    if speaker.returncode != 0 or not sound:
        raise CannotSpeak("failed")
    return sound
