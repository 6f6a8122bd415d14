"""Meta's own recording and transcription of calls: who may ask for them and how, and where they are to be had.

Written from the reference (1.7, 2.5): asked for with `accept` or `connect`; told by webhook soon after the end; the
address in the webhook lives five minutes and wants the token, the media id gives new ones for seven days.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from aiohttp import web

from gateway.simulator import refusals
from gateway.simulator.clips import LANGUAGES, VOICES_DIR
from gateway.simulator.faults import FaultKind, FaultLog
from gateway.simulator.make_voices import SCRIPTS
from gateway.simulator.refusals import Refusal
from gateway.simulator.settings import SimulatorSettings

Kind = Literal["recording", "transcription"]
KINDS: Final[tuple[Kind, ...]] = ("recording", "transcription")
PURPOSE_CHARS: Final = 250
ANNOUNCED_IN: Final = frozenset(
    ("en", "en_US", "en_GB", "nl", "fr", "de", "hi", "it", "kn", "pt", "es", "es_ES", "te", "vi")
)
MIME: Final[Mapping[Kind, str]] = {"recording": "audio/ogg; codecs=opus", "transcription": "application/json"}
EVENTS: Final[Mapping[Kind, tuple[str, str, str]]] = {
    "recording": ("call_recording_available", "call_recording", "audio"),
    "transcription": ("call_transcription_available", "call_transcript", "document"),
}
SILENT: Final = "maria"  # a customer without a voice is heard as this one


@dataclass(frozen=True, slots=True)
class Media:
    """`id` is Meta's; `made_at_s`: Unix seconds."""

    id: str
    kind: Kind
    content: bytes = field(repr=False)
    made_at_s: float

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.content).digest()


def read_captures(body: Mapping[str, object]) -> frozenset[Kind] | Refusal:
    """What `accept` or `connect` asks for."""
    asked: set[Kind] = set()
    for kind in KINDS:
        match body.get(kind):
            case None:
                continue
            case {"status": "ENABLED", "purpose": str(purpose), "announcement_language": str(language), **rest}:
                if rest or not 0 < len(purpose) <= PURPOSE_CHARS or language not in ANNOUNCED_IN:
                    return refusals.invalid(f"{kind} has a purpose or a language that is not supported")
                asked.add(kind)
            case {"status": "DISABLED"}:
                continue
            case _:
                return refusals.invalid(f"{kind} is not readable")
    return frozenset(asked)


def described(media: Media, url: str) -> tuple[str, dict[str, object]]:
    """The webhook's event, and what it says of the file."""
    event, outer, inner = EVENTS[media.kind]
    file = {
        "id": media.id,
        "sha256": base64.b64encode(media.digest).decode(),  # in webhooks base64, elsewhere hex
        "mime_type": MIME[media.kind],
        "url": url,
    }
    told: dict[str, object] = {inner: file} if media.kind == "transcription" else {"type": "audio", inner: file}
    return event, {outer: told}


def made(kind: Kind, voice: str | None, made_at_s: float, talked_s: float) -> Media:
    """What Meta kept of a call in which this voice spoke. Reads a file: it blocks for a moment."""
    name = voice if voice in LANGUAGES else SILENT
    content = (VOICES_DIR / f"{name}.ogg").read_bytes() if kind == "recording" else _document(name, talked_s)
    return Media(f"17845{secrets.randbelow(10**11):011}", kind, content, made_at_s)


def _document(name: str, talked_s: float) -> bytes:
    text, language = next(script.text for script in SCRIPTS if script.name == name), LANGUAGES[name][:2]
    said = {"speaker": "Customer", "channel": 1, "start": 0.4, "end": round(max(talked_s, 0.5), 2), "text": text}
    heard = {"speaker": "Business", "channel": 0, "start": 0.0, "end": 0.3, "text": "Bom dia."}
    segments = [{"id": n, "confidence": 0.9, "words": [], **one} for n, one in enumerate((heard, said))]
    audio = {"duration": talked_s, "sample_rate": 16000, "channels": 2, "audio_format": "stereo"}
    transcript = {"text": f"Bom dia. {text}", "language": language, "duration": talked_s, "segments": segments}
    return json.dumps({"metadata": {"audio": audio}, "transcript": transcript}, ensure_ascii=False).encode()


class Library:
    """The files, and the addresses at which they are to be had."""

    def __init__(self, settings: SimulatorSettings, faults: FaultLog, unix_s: Callable[[], float]) -> None:
        self._settings, self._faults, self._unix_s = settings, faults, unix_s
        self._media: dict[str, Media] = {}
        self._addresses: dict[str, tuple[str, float]] = {}  # the secret part → media id, until when
        self.base_url = ""  # known once the server listens
        self.fetched: list[str] = []

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/whatsapp_business/attachments/", self.download)

    def keep(self, media: Media) -> str:
        """An address for it."""
        self._media[media.id] = media
        return self._address(media)

    def look_up(self, media_id: str) -> dict[str, object] | Refusal | None:
        """`GET /{media id}`; None: no such id."""
        media = self._media.get(media_id)
        if media is None:
            return None
        if self._unix_s() - media.made_at_s > self._settings.rules.media_kept_s:
            return refusals.UNKNOWN_OBJECT
        return {
            "messaging_product": "whatsapp",
            "url": self._address(media),
            "mime_type": MIME[media.kind],
            "sha256": media.digest.hex(),
            "file_size": len(media.content),
            "id": media.id,
        }

    async def download(self, request: web.Request) -> web.Response:
        given = request.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self._settings.access_token.value}".encode()):
            self._faults.note(FaultKind.UNAUTHORIZED, None, "a file was asked for without the token")
            return web.Response(status=401)
        media_id, until_s = self._addresses.get(request.query.get("hash", ""), ("", 0.0))
        if self._unix_s() >= until_s:
            self._faults.note(FaultKind.EXPIRED_ADDRESS, None, "an address of a file that is over, or never was")
            return web.Response(status=404)
        self.fetched.append(media_id)
        media = self._media[media_id]
        return web.Response(body=media.content, headers={"Content-Type": MIME[media.kind]})

    def _address(self, media: Media) -> str:
        secret = secrets.token_urlsafe(16)
        self._addresses[secret] = media.id, self._unix_s() + self._settings.rules.media_url_s
        return f"{self.base_url}/whatsapp_business/attachments/?mid={media.id}&source=webhook&hash={secret}"
