"""Stands where faster-whisper is imported, in the process that would load a model: no model can be had in tests. It
does what the folder's `config.json` says; what comes back through our side of the seam is what tests look at."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any


class WhisperModel:
    def __init__(self, folder: str, *, device: str, compute_type: str, local_files_only: bool) -> None:
        self.script = json.loads((Path(folder) / "config.json").read_text())
        assert local_files_only and os.environ["HF_HUB_OFFLINE"] == "1"
        if self.script.get("load") == "fails":
            raise RuntimeError("Invalid model")
        print("a library that prints")  # must not be taken for an answer

    def transcribe(
        self, path: str, *, language: str | None, vad_filter: bool, condition_on_previous_text: bool
    ) -> tuple[Iterator[Any], Any]:
        if self.script.get("transcribe") == "dies":
            os._exit(9)
        if self.script.get("transcribe") == "hangs":
            import time

            time.sleep(600)
        size = Path(path).stat().st_size
        segments = [SimpleNamespace(start=0.25, end=1.5, text=f" {size} bytes, {language}")]
        return iter(segments), SimpleNamespace(language=language or "pt")
