"""Every sound that a customer may hear, by name and language: those that come with Ramal, and uploaded ones.

Both are folders of files. Shipped: `prompts/<name>.ogg` for music, `prompts/<language>/<name>.ogg` for words.
Uploaded: one file per sound under the data directory, decoded and packed once before it is kept. What was prepared once
stays in memory (`prompts.load_prompt`).
"""

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.media.plane import Prompt
from gateway.media.prompts import (
    PromptUnusable,
    decode,
    encode,
    forget,
    load_packets,
    load_prompt,
    packed,
    stated_duration_ms,
)

SHIPPED: Final = Path(__file__).with_name("prompts")
LANGUAGES: Final = ("pt-BR", "en", "es")
LOOPING: Final = frozenset({"hold_tone", "ringback", "queue_music"})
UPLOAD_LIMIT_BYTES: Final = 20 * 1024 * 1024
_UPLOADED = re.compile(r"[0-9a-f]{32}")


class UnknownPrompt(LookupError):
    """There is no sound of this name."""


@dataclass(frozen=True, slots=True)
class PromptLibrary:
    """`uploads` is made when the first sound is kept."""

    uploads: Path

    async def get(self, name: str, language: str = LANGUAGES[0]) -> Prompt:
        """The sound, in `language` if it has words; a language that we do not speak hears the first one we do. Music
        and tones loop. Raises UnknownPrompt, PromptUnusable, OSError (the disk)."""
        path = await asyncio.to_thread(self._path_of, name, language)
        if _UPLOADED.fullmatch(name):
            return await load_packets(path)
        return await load_prompt(path, loop=name in LOOPING)

    async def sequence(self, names: tuple[str, ...], language: str = LANGUAGES[0]) -> Prompt:
        """Several sounds as one, without a gap: "you are number" and "three". Raises as `get` does."""
        prompts = [await self.get(name, language) for name in names]
        return Prompt("+".join(names), tuple(packet for prompt in prompts for packet in prompt.packets))

    async def keep(self, name: str, sound: bytes) -> Prompt:
        """Keep an uploaded file under a name of 32 hex digits, as packets of 20 ms. Raises PromptUnusable (no sound,
        empty, too long, too large), OSError."""
        assert _UPLOADED.fullmatch(name), "uploads are named by us"
        if len(sound) > UPLOAD_LIMIT_BYTES:
            raise PromptUnusable("it is larger than 20 MiB", "too_large")
        await asyncio.to_thread(self._keep, name, sound)
        return await self.get(name)

    async def file_of(self, name: str, language: str = LANGUAGES[0]) -> bytes:
        """The sound as an Ogg/Opus file, to be listened to. Raises UnknownPrompt, OSError."""
        path = await asyncio.to_thread(self._path_of, name, language)
        return await asyncio.to_thread(path.read_bytes)

    async def duration_ms_of(self, name: str) -> int:
        """Of a sound that comes with Ramal, in the first language. Raises UnknownPrompt, PromptUnusable, OSError."""
        return await asyncio.to_thread(lambda: stated_duration_ms(self._path_of(name, LANGUAGES[0])))

    def languages_of(self, name: str) -> tuple[str, ...]:
        """In which a sound that comes with Ramal is spoken; none: it has no words."""
        return tuple(language for language in LANGUAGES if (SHIPPED / language / f"{name}.ogg").is_file())

    async def forget(self, name: str) -> None:
        assert _UPLOADED.fullmatch(name), "only uploads are forgotten"
        path = self.uploads / name
        await asyncio.to_thread(path.unlink, missing_ok=True)
        forget(path)

    def _keep(self, name: str, sound: bytes) -> None:
        coming = self.uploads / f"{name}.coming"
        try:
            _write(coming, sound)
            _write(coming, packed(encode(decode(coming))))
            coming.replace(self.uploads / name)
        finally:
            coming.unlink(missing_ok=True)

    def _path_of(self, name: str, language: str) -> Path:
        if _UPLOADED.fullmatch(name):
            places = [self.uploads / name]
        elif name in shipped_names():
            spoken = [language, *LANGUAGES] if language in LANGUAGES else [*LANGUAGES]
            places = [SHIPPED / f"{name}.ogg", *(SHIPPED / spoken_in / f"{name}.ogg" for spoken_in in spoken)]
        else:
            places = []
        found = next((place for place in places if place.is_file()), None)
        if found is None:
            raise UnknownPrompt(name)
        return found


def shipped_names() -> frozenset[str]:
    """The names of all sounds that come with Ramal."""
    return frozenset(path.stem for path in SHIPPED.rglob("*.ogg"))


def _write(path: Path, sound: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_bytes(sound)
