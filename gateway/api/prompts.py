"""`/api/v1/prompts`: the sounds of plans, uploaded or spoken, listened to, renamed, and deleted."""

import asyncio
from functools import partial
from typing import Annotated, Final

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError
from pydantic import Field

from gateway.api.door import Caller
from gateway.api.errors import ApiError, Problem, invalid, not_found, too_large
from gateway.api.number_plans import CHANGES, LOOKS
from gateway.api.operations import Answer, Asked, Form, Nothing, Operation, Query, read_query, response_of
from gateway.media.prompt_library import LANGUAGES, UPLOAD_LIMIT_BYTES, UnknownPrompt
from gateway.media.prompts import PromptUnusable
from gateway.sounds import Sounds
from gateway.speech import TEXT_LIMIT_CHARS, CannotSpeak, can_speak, spoken
from signaling.integrator_contract import Moment
from signaling.plan import PromptId
from signaling.ports import Clock
from store.prompts import InUse, Upload
from store.reach import EVERYTHING

PROMPT: Final = {"id": "[0-9a-z_]{1,64}"}
NAME_LIMIT_CHARS: Final = 120
CHUNK_BYTES: Final = 65_536
OGG: Final = "audio/ogg"
SPOKEN: Final = f"^({'|'.join(LANGUAGES)})$"


class ShippedPrompt(Answer):
    id: str
    languages: Annotated[list[str], Field(description="In which it is spoken; empty: no words.")]
    duration_ms: int
    loops: bool


class UploadedPrompt(Answer):
    id: str
    name: str
    duration_ms: int
    created_at: Moment
    created_by: str
    used_by: Annotated[list[str], Field(description="Labels of the numbers whose plans play it.")]


class PromptsAnswer(Answer):
    shipped: list[ShippedPrompt]
    uploaded: list[UploadedPrompt]
    speaks: Annotated[bool, Field(description="This server makes words into sounds: espeak-ng is installed.")]


class UploadQuery(Query):
    name: Annotated[
        str | None, Field(min_length=1, max_length=NAME_LIMIT_CHARS, description="Of a raw body; forms have a field.")
    ] = None


class RenameForm(Form):
    name: Annotated[str, Field(min_length=1, max_length=NAME_LIMIT_CHARS)]


class SpokenForm(Form):
    name: Annotated[str, Field(min_length=1, max_length=NAME_LIMIT_CHARS)]
    text: Annotated[str, Field(min_length=1, max_length=TEXT_LIMIT_CHARS, description="What is said, in words.")]
    language: Annotated[str, Field(pattern=SPOKEN)] = LANGUAGES[0]


class AudioQuery(Query):
    language: Annotated[str, Field(pattern=SPOKEN, description="Of words.")] = LANGUAGES[0]


class PromptRoutes:
    def __init__(self, sounds: Sounds, clock: Clock) -> None:
        self._sounds, self._clock = sounds, clock

    def operations(self) -> list[Operation]:
        operation = partial(Operation, tag="prompts")
        root, one = "/prompts", "/prompts/{id}"
        self._upload = operation(
            *("uploadPrompt", "POST", root, "Keep a sound: any audio file, up to 20 MiB and ten minutes."),
            access=CHANGES,
            query=UploadQuery,
            takes=("multipart/form-data", "application/octet-stream", "audio/*"),
            answer=UploadedPrompt,
            streams=self.upload,
            status=201,
            errors={
                409: "There is a sound of this name already.",
                413: "It is larger than 20 MiB.",
                422: "It is no sound; `problems` says why.",
            },
        )
        return [
            operation(
                *("listPrompts", "GET", root, "Every sound that a plan may name."),
                access=LOOKS,
                answer=PromptsAnswer,
                handler=self.all,
            ),
            self._upload,
            operation(
                *("speakPrompt", "POST", f"{root}/spoken", "Keep a sound that this server speaks, by espeak-ng."),
                access=CHANGES,
                body=SpokenForm,
                answer=UploadedPrompt,
                handler=self.speak,
                status=201,
                errors={
                    409: "There is a sound of this name already.",
                    422: "Nothing is to be heard of this text.",
                    503: "This server has no espeak-ng (`no_speech`), or it failed.",
                },
            ),
            operation(
                *("hearPrompt", "GET", f"{one}/audio", "The sound itself."),
                access=LOOKS,
                path_patterns=PROMPT,
                query=AudioQuery,
                answer=None,
                gives=OGG,
                streams=self.audio,
            ),
            operation(
                *("renamePrompt", "PUT", one, "Give an uploaded sound another name; plans go on playing it."),
                access=CHANGES,
                path_patterns=PROMPT,
                body=RenameForm,
                answer=UploadedPrompt,
                handler=self.rename,
                errors={409: "There is a sound of this name already."},
            ),
            operation(
                *("deletePrompt", "DELETE", one, "Delete an uploaded sound that no plan plays."),
                access=CHANGES,
                path_patterns=PROMPT,
                answer=None,
                handler=self.remove,
                status=204,
                errors={409: "A plan plays it: `used_by` names the numbers."},
            ),
        ]

    async def all(self, asked: Asked[Nothing, Nothing]) -> PromptsAnswer:
        _sees_all(asked.who)
        shipped = [
            ShippedPrompt(
                id=found.id, languages=list(found.languages), duration_ms=found.duration_ms, loops=found.loops
            )
            for found in await self._sounds.shipped()
        ]
        uploaded = [_line(found) for found in await self._sounds.store.all()]
        return PromptsAnswer(shipped=shipped, uploaded=uploaded, speaks=await asyncio.to_thread(can_speak))

    async def upload(self, request: web.Request, who: Caller) -> web.StreamResponse:
        _sees_all(who)
        if request.content_length is not None and request.content_length > UPLOAD_LIMIT_BYTES + CHUNK_BYTES:
            raise too_large(UPLOAD_LIMIT_BYTES)
        query = read_query(request, UploadQuery)
        name, sound = await _form(request) if request.content_type == "multipart/form-data" else await _raw(request)
        name = name or query.name
        if not name:
            raise invalid([Problem(field="name", code="missing")])
        try:
            made = await self._sounds.upload(name, sound, who.actor, self._clock())
        except PromptUnusable as unusable:
            if unusable.code == "too_large":
                raise too_large(UPLOAD_LIMIT_BYTES) from None
            raise invalid([Problem(field="file", code=unusable.code)]) from None
        return response_of(_line(made), self._upload)

    async def speak(self, asked: Asked[SpokenForm, Nothing]) -> UploadedPrompt:
        _sees_all(asked.who)
        body = asked.body
        if not any(character.isalnum() for character in body.text):
            raise invalid([Problem(field="text", code="empty")])
        try:
            sound = await spoken(body.text, body.language)
            made = await self._sounds.upload(body.name, sound, asked.who.actor, self._clock())
        except CannotSpeak as unable:
            if unable.reason == "not_installed":
                raise ApiError(503, "no_speech", "Install espeak-ng on the server, or upload a file.") from None
            raise ApiError(503, "unavailable", "espeak-ng did not speak. Try again, or upload a file.") from None
        except PromptUnusable as unusable:
            raise invalid([Problem(field="text", code=unusable.code)]) from None
        return _line(made)

    async def audio(self, request: web.Request, who: Caller) -> web.StreamResponse:
        _sees_all(who)
        query = read_query(request, AudioQuery)
        try:
            sound = await self._sounds.audio(PromptId(request.match_info["id"]), query.language)
        except UnknownPrompt:
            raise not_found() from None
        return web.Response(body=sound, content_type=OGG, headers={"Cache-Control": "private, max-age=60"})

    async def rename(self, asked: Asked[RenameForm, Nothing]) -> UploadedPrompt:
        _sees_all(asked.who)
        prompt, name = PromptId(asked.path["id"]), asked.body.name
        renamed = await self._sounds.store.rename(prompt, name, asked.who.actor, self._clock())
        if renamed is None:
            raise not_found()
        return _line(renamed)

    async def remove(self, asked: Asked[Nothing, Nothing]) -> None:
        _sees_all(asked.who)
        try:
            found = await self._sounds.remove(PromptId(asked.path["id"]), asked.who.actor, self._clock())
        except InUse as use:
            raise ApiError(409, "in_use", "A plan plays this sound.", used_by=list(use.numbers)) from None
        if not found:
            raise not_found()


def _sees_all(who: Caller) -> None:
    """Sounds belong to all numbers at once. Raises ApiError 403."""
    if who.reach != EVERYTHING:
        raise ApiError(403, "forbidden", "This key is held to some numbers or departments; sounds belong to all.")


def _line(upload: Upload) -> UploadedPrompt:
    return UploadedPrompt(
        id=upload.id,
        name=upload.name,
        duration_ms=upload.duration_ms,
        created_at=upload.created_at,
        created_by=upload.created_by,
        used_by=list(upload.used_by),
    )


async def _raw(request: web.Request) -> tuple[None, bytes]:
    kind = request.content_type
    if not kind.startswith("audio/") and kind != "application/octet-stream":
        raise ApiError(415, "unsupported_type", "Send multipart/form-data, audio/* or application/octet-stream.")
    sound = bytearray()
    async for chunk in request.content.iter_chunked(CHUNK_BYTES):
        _add(sound, chunk)
    return None, bytes(sound)


async def _form(request: web.Request) -> tuple[str | None, bytes]:
    """The parts `name` and `file`, in any order; others are an error."""
    name, sound = None, bytearray()
    try:
        reader = await request.multipart()
        while (part := await reader.next()) is not None:
            if not isinstance(part, BodyPartReader) or part.name not in ("name", "file"):
                raise invalid([Problem(field=str(getattr(part, "name", None) or "body")[:80], code="unknown_field")])
            limit = UPLOAD_LIMIT_BYTES if part.name == "file" else 4 * NAME_LIMIT_CHARS
            read = bytearray()
            while chunk := await part.read_chunk(CHUNK_BYTES):
                _add(read, chunk, limit)
            if part.name == "file":
                sound = read
            else:
                name = read.decode(errors="replace")
    except (ValueError, AssertionError, RuntimeError, HttpProcessingError):  # what aiohttp thinks of hostile parts
        raise ApiError(400, "bad_request", "The form could not be read.") from None
    return name, bytes(sound)


def _add(read: bytearray, chunk: bytes, limit: int = UPLOAD_LIMIT_BYTES) -> None:
    read += chunk
    if len(read) > limit:
        raise too_large(limit)
