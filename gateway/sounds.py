"""All sounds that customers may hear: those that come with Ramal, and those that administrators upload."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from gateway.media.plane import OPUS_FRAME_TICKS, Prompt
from gateway.media.prompt_library import LANGUAGES, LOOPING, PromptLibrary, UnknownPrompt, shipped_names
from gateway.media.prompts import RATE_HZ, PromptUnusable
from signaling.plan import PromptId
from store.prompts import SqlPrompts, Upload


@dataclass(frozen=True, slots=True)
class Shipped:
    """`languages` empty: music or a tone, the same in all. `duration_ms`: in the first of them."""

    id: PromptId
    languages: tuple[str, ...]
    duration_ms: int
    loops: bool


@dataclass(frozen=True)
class Sounds:
    """Methods may raise NeighbourError (the database), OSError (the disk)."""

    library: PromptLibrary
    store: SqlPrompts
    _one_at_a_time: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))  # decoding needs memory

    async def names(self) -> frozenset[PromptId]:
        return await self.store.names() | frozenset(map(PromptId, shipped_names()))

    async def lengths(self, names: frozenset[PromptId], language: str) -> Callable[[PromptId], float | None]:
        """Seconds; None: it loops. A sound that cannot be read has none, as calls pass over it."""
        lengths: dict[PromptId, float | None] = {}
        for name in names:
            try:
                prompt = await self.library.get(name, language)
            except (UnknownPrompt, PromptUnusable, OSError):
                lengths[name] = 0.0
                continue
            lengths[name] = None if prompt.loop else length_ms(prompt) / 1_000
        return lambda name: lengths.get(name, 0.0)

    async def shipped(self) -> list[Shipped]:
        found = []
        for name in sorted(shipped_names()):
            duration_ms = await self.library.duration_ms_of(name)
            found.append(Shipped(PromptId(name), self.library.languages_of(name), duration_ms, name in LOOPING))
        return found

    async def upload(self, name: str, sound: bytes, actor: str, at: datetime) -> Upload:
        """Raises PromptUnusable, Refusal."""
        prompt = PromptId(uuid4().hex)
        async with self._one_at_a_time:
            kept = await self.library.keep(prompt, sound)
        try:
            return await self.store.add(prompt, name, length_ms(kept), actor, at)
        except BaseException:
            await self.library.forget(prompt)
            raise

    async def remove(self, prompt: PromptId, actor: str, at: datetime) -> bool:
        """False: there is no such upload. Raises InUse."""
        if not await self.store.remove(prompt, actor, at):
            return False
        await self.library.forget(prompt)
        return True

    async def audio(self, prompt: PromptId, language: str = LANGUAGES[0]) -> bytes:
        """An Ogg/Opus file. Raises UnknownPrompt."""
        return await self.library.file_of(prompt, language)


def length_ms(prompt: Prompt) -> int:
    return round(len(prompt.packets) * OPUS_FRAME_TICKS * 1_000 / RATE_HZ)
