"""The recorded voices, as the 20 ms Opus packets a phone would send. Reading them blocks: do it in a thread."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import av

VOICES_DIR = Path(__file__).parent / "voices"


@dataclass(frozen=True, slots=True)
class Voice:
    """One clip. `packets` are 20 ms each; the customer says them over and over. An empty one is not sent: a phone's
    encoder pauses where nobody speaks (DTX), and its clock runs on."""

    name: str
    language: str
    packets: tuple[bytes, ...] = field(repr=False)

    @property
    def seconds(self) -> float:
        return len(self.packets) * 0.02


LANGUAGES = {"maria": "pt-BR", "joao": "pt-BR", "ana": "pt-BR", "carlos": "pt-BR", "lucia": "es", "peter": "en"}


@cache
def voices() -> dict[str, Voice]:
    """Every committed voice by name."""
    return {
        name: Voice(name, language, read_packets(VOICES_DIR / f"{name}.ogg")) for name, language in LANGUAGES.items()
    }


def read_packets(ogg: Path) -> tuple[bytes, ...]:
    """The Opus packets of an Ogg file, in order. Raises OSError or av.error.FFmpegError."""
    with av.open(str(ogg)) as container:
        return tuple(bytes(packet) for packet in container.demux(audio=0) if packet.size)
