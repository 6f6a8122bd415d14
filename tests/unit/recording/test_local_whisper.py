"""A model on this machine: checked before it is used, in a process of its own, never downloaded. The model itself is a
double (tests/fakes/faster_whisper_double): none can be had where these tests run."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from recording.engine_choice import SummaryChoice, SummaryWish, TranscriptionChoice, TranscriptionWish
from recording.engines import EngineMissing, Engines, chosen
from recording.local_whisper import FILES, LocalWhisper, loads, problem_with
from recording.openai_summarizer import OpenAiSummarizer
from recording.openai_transcriber import OpenAiTranscriber
from recording.pieces import Piece
from recording.transcript import Heard, Span, Speaker
from signaling.errors import NeighbourError

DOUBLE = Path(__file__).parents[2] / "fakes" / "faster_whisper_double"


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library, as our process and those it starts see it."""
    monkeypatch.syspath_prepend(str(DOUBLE))
    monkeypatch.setenv("PYTHONPATH", str(DOUBLE))


def a_model(folder: Path, **script: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name in FILES:
        (folder / name).write_text(json.dumps(script))
    return folder


def two_pieces(folder: Path) -> list[Piece]:
    for number in range(2):
        (folder / f"{number}.ogg").write_bytes(b"x" * (100 + number))
    return [Piece(Span(Speaker.AGENT, number * 10.0, 5.0), folder / f"{number}.ogg") for number in range(2)]


async def heard_by(engine: LocalWhisper, pieces: list[Piece]) -> list[Heard]:
    return [one async for one in engine.hear(pieces)]


@pytest.mark.usefixtures("installed")
async def test_one_process_hears_all_pieces_of_a_call(tmp_path: Path) -> None:
    engine = LocalWhisper(a_model(tmp_path / "small"), "pt", 600.0, 20.0)
    heard = await heard_by(engine, two_pieces(tmp_path))
    assert [one.said[0].text for one in heard] == ["100 bytes, pt", "101 bytes, pt"]
    assert (engine.model, heard[0].language, heard[0].said[0].end_s) == ("small", "pt", 1.5)


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("script", "code", "passes"),
    [
        ({"load": "fails"}, "engine.model", False),
        ({"transcribe": "dies"}, "engine.died", True),
        ({"transcribe": "hangs"}, "engine.timeout", True),
    ],
)
async def test_a_model_that_fails_is_a_typed_failure(
    tmp_path: Path, script: dict[str, str], code: str, passes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recording.local_whisper.LOADING_S", 20.0 if code != "engine.timeout" else 0.0)
    engine = LocalWhisper(a_model(tmp_path / "m", **script), None, 600.0, 20.0 if code != "engine.timeout" else 1.5)
    with pytest.raises(NeighbourError) as failed:
        await heard_by(engine, two_pieces(tmp_path))
    assert failed.value.failure.code == code
    assert (failed.value.failure.retry_after_s is not None) is passes


async def test_without_the_library_nothing_of_it_is_imported_and_the_gateway_says_what_to_install(
    tmp_path: Path,
) -> None:
    wish = TranscriptionWish(TranscriptionChoice.FASTER_WHISPER, folder=a_model(tmp_path / "m"))
    with pytest.raises(EngineMissing, match="pip install 'faster-whisper"):
        await chosen(wish, SummaryWish())
    code = "import sys, recording.engines; sys.exit('faster_whisper' in sys.modules)"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code)
    assert await process.wait() == 0


@pytest.mark.usefixtures("installed")
async def test_a_folder_is_looked_at_before_anything_is_loaded(tmp_path: Path) -> None:
    assert problem_with(tmp_path / "nowhere") == "the folder of the model is not there"
    folder = a_model(tmp_path / "m")
    (folder / "tokenizer.json").unlink()
    assert problem_with(folder) == "the folder of the model lacks tokenizer.json"
    assert problem_with(a_model(folder)) is None
    assert not await loads(a_model(tmp_path / "broken", load="fails"))
    fine = await chosen(TranscriptionWish(TranscriptionChoice.FASTER_WHISPER, folder=folder), SummaryWish())
    assert isinstance(fine.transcriber, LocalWhisper)


async def test_no_engine_is_a_choice_and_half_an_engine_is_none() -> None:
    nothing = await chosen(TranscriptionWish(), SummaryWish(SummaryChoice.NONE))
    assert nothing == Engines(None, None, key_sentences=False) and not nothing.summarizes
    assert (await chosen(TranscriptionWish(), SummaryWish())).summarizes
    for transcription, summary in (
        (TranscriptionWish(TranscriptionChoice.OPENAI), SummaryWish()),
        (TranscriptionWish(TranscriptionChoice.FASTER_WHISPER), SummaryWish()),
        (TranscriptionWish(), SummaryWish(SummaryChoice.OPENAI, url="http://127.0.0.1/v1")),
    ):
        with pytest.raises(EngineMissing, match="needs RAMAL_"):
            await chosen(transcription, summary)
    url = "http://127.0.0.1:9/v1"
    both = await chosen(
        TranscriptionWish(TranscriptionChoice.OPENAI, url=url, limit_mb=1.0),
        SummaryWish(SummaryChoice.OPENAI, url=url, model="small"),
    )
    assert isinstance(both.transcriber, OpenAiTranscriber) and isinstance(both.summarizer, OpenAiSummarizer)
    assert 150 < both.transcriber.longest_piece_s < 250, "a megabyte is so many seconds"
    await both.close()
