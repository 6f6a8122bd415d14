"""Transcription on this machine by faster-whisper, for whoever installs it and puts a model in a folder. Nothing is
ever downloaded.

The model works in a process of its own, at the lowest priority, which lives as long as one call's pieces take:
`python -m recording.local_whisper FOLDER [LANGUAGE]` reads paths, a line each, and answers with a line of JSON in the
shape of OpenAI's verbose JSON. Without a path it only loads the model. Ends with 4 where the model does not load.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, TextIO

from recording.pieces import LOWEST_PRIORITY, Piece
from recording.transcript import Heard, nonsense, read_heard
from signaling.errors import Failure, Fault, NeighbourError

NOT_LOADED: Final = 4
LOADING_S: Final = 300.0
LINE_LIMIT_BYTES: Final = 8 << 20
FILES: Final = ("model.bin", "config.json", "tokenizer.json")
"""Of a model in CTranslate2's form. Without its tokenizer the library would ask a hub for one."""


def problem_with(folder: Path) -> str | None:
    """What keeps the engine from being used, in words for an operator; None: it may be tried."""
    if find_spec("faster_whisper") is None:
        return "faster-whisper is not installed: .venv/bin/pip install 'faster-whisper~=1.2'"
    if not folder.is_dir():
        return "the folder of the model is not there"
    missing = [name for name in FILES if not (folder / name).is_file()]
    return f"the folder of the model lacks {', '.join(missing)}" if missing else None


async def loads(folder: Path, timeout_s: float = LOADING_S) -> bool:
    """Whether the model can be loaded. Takes as long as that takes."""
    process = await _start(folder, None)
    try:
        async with asyncio.timeout(timeout_s):
            await process.communicate(b"")
    except TimeoutError:
        return False
    finally:
        await _end(process)
    return process.returncode == 0


class LocalWhisper:
    """A Transcriber. `timeout_s` is for one piece; the model is slower than speech on most machines without a GPU."""

    name = "faster-whisper"

    def __init__(self, folder: Path, language: str | None, piece_s: float, timeout_s: float) -> None:
        self.model, self.longest_piece_s = folder.name, piece_s
        self._folder, self._language, self._timeout_s = folder, language, timeout_s

    async def hear(self, pieces: Sequence[Piece]) -> AsyncIterator[Heard]:
        process = await _start(self._folder, self._language)
        assert process.stdin is not None and process.stdout is not None, "both are pipes"
        try:
            allowed_s = LOADING_S + self._timeout_s
            for piece in pieces:
                line = await self._asked(process, piece, allowed_s)
                yield read_heard(_read(line), piece.span.duration_s)
                allowed_s = self._timeout_s
        finally:
            await _end(process)

    async def close(self) -> None:
        """Nothing lives longer than a call."""

    async def _asked(self, process: asyncio.subprocess.Process, piece: Piece, allowed_s: float) -> bytes:
        assert process.stdin is not None and process.stdout is not None, "both are pipes"
        try:
            async with asyncio.timeout(allowed_s):
                process.stdin.write(f"{piece.path}\n".encode())
                await process.stdin.drain()
                line = await process.stdout.readline()
        except TimeoutError:
            raise NeighbourError(Failure("engine.timeout", Fault.CONFIGURATION, retry_after_s=600.0)) from None
        except ValueError:
            raise nonsense("an answer without end") from None
        except ConnectionError:
            line = b""
        if not line:
            code = await process.wait()
            if code == NOT_LOADED:
                raise NeighbourError(Failure("engine.model", Fault.CONFIGURATION, "the model does not load"))
            raise NeighbourError(Failure("engine.died", Fault.CONFIGURATION, f"ended with {code}", 60.0))
        return line


async def _start(folder: Path, language: str | None) -> asyncio.subprocess.Process:
    command = [sys.executable, "-m", "recording.local_whisper", str(folder)]
    return await asyncio.create_subprocess_exec(
        *command,
        *([] if language is None else [language]),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=LINE_LIMIT_BYTES,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"},
    )


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.wait()


def _read(line: bytes) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        raise nonsense("no JSON") from None


# ---- in the other process --------------------------------------------------------------------------------------------


def main(folder: str, language: str | None, paths: TextIO, answers: TextIO) -> int:
    os.nice(LOWEST_PRIORITY)
    try:
        model = _load(folder)
    except Exception as error:  # whatever a library of a model raises
        sys.stderr.write(f"the model does not load: {type(error).__name__}\n")
        return NOT_LOADED
    for line in paths:
        answers.write(json.dumps(_heard(model, line.rstrip("\n"), language)) + "\n")
        answers.flush()
    return 0


def _load(folder: str) -> Any:
    from faster_whisper import WhisperModel  # an extra: imported only when chosen

    return WhisperModel(folder, device="auto", compute_type="default", local_files_only=True)


def _heard(model: Any, path: str, language: str | None) -> dict[str, Any]:
    segments, about = model.transcribe(path, language=language, vad_filter=False, condition_on_previous_text=False)
    return {
        "language": about.language,
        "segments": [{"start": one.start, "end": one.end, "text": one.text} for one in segments],
    }


if __name__ == "__main__":
    told, sys.stdout = sys.stdout, sys.stderr  # what a library prints is no answer
    sys.exit(main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None, sys.stdin, told))
