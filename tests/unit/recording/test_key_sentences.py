"""Sentences are picked from a call: those that say much, as they were said, always the same."""

import json
from pathlib import Path

import pytest

from recording.key_sentences import MOST, MOST_SENTENCES, key_sentences
from recording.meta_transcript import read_meta_transcript
from recording.summary import Kind
from recording.transcript import Segment, Speaker, Transcript
from signaling.errors import NeighbourError

DOCUMENT = Path(__file__).parents[2] / "data" / "payloads" / "document_call_transcript.json"
CALL = (
    (Speaker.AGENT, "Bom dia, aqui é a Ana da Loja Sol. Em que posso ajudar?"),
    (Speaker.CUSTOMER, "Bom dia. Meu pedido 4792 não chegou e já faz dez dias. Eu quero saber onde está o pedido."),
    (Speaker.AGENT, "Vou verificar o pedido 4792 no sistema. Um momento, por favor."),
    (Speaker.CUSTOMER, "Tudo bem, muito obrigado, viu?"),
    (Speaker.AGENT, "O pedido 4792 saiu para entrega ontem e deve chegar amanhã. Se não chegar, fazemos o reembolso."),
    (Speaker.CUSTOMER, "Certo, se o pedido não chegar amanhã eu quero o reembolso."),
)


def transcript(said: tuple[tuple[Speaker, str], ...], language: str | None = "pt") -> Transcript:
    segments = tuple(Segment(who, n * 5.0, n * 5.0 + 4, text) for n, (who, text) in enumerate(said))
    return Transcript(segments, language, "openai", "whisper-1")


def test_the_sentences_that_say_most_come_in_the_order_in_which_they_were_said() -> None:
    summary = key_sentences(transcript(CALL), 3)
    assert (summary.kind, summary.language, summary.reason) == (Kind.KEY_SENTENCES, "pt", "")
    said = " ".join(text for _, text in CALL)
    assert all(one.text in said for one in summary.sentences), "word for word"
    assert [one.start_s for one in summary.sentences] == sorted(one.start_s for one in summary.sentences)
    assert any("4792" in one.text for one in summary.sentences) and any(
        "reembolso" in s.text for s in summary.sentences
    )
    assert not any("obrigado" in one.text for one in summary.sentences)


def test_the_same_call_gives_the_same_sentences_and_repetition_is_not_importance() -> None:
    first = key_sentences(transcript(CALL * 40))
    assert first == key_sentences(transcript(CALL * 40))
    assert 0 < len(first.sentences) <= MOST
    assert len({one.text for one in first.sentences}) == len(first.sentences)


def test_a_call_of_which_nothing_can_be_picked_has_none() -> None:
    assert key_sentences(transcript(())).sentences == ()
    assert key_sentences(transcript(((Speaker.AGENT, "Alô?"), (Speaker.CUSTOMER, "Oi."))), 3).sentences == ()
    assert key_sentences(transcript(((Speaker.AGENT, "bom dia bom dia"),))).sentences == (), "stop words alone"


def test_hours_of_talk_in_a_language_that_nobody_knows_are_looked_at_in_bounded_memory() -> None:
    said = tuple((Speaker.CUSTOMER, f"palavra{n % 700} outra{n % 13} coisa{n} fim{n % 5}.") for n in range(4_000))
    summary = key_sentences(transcript(said, "xx"))
    assert len(summary.sentences) == MOST and MOST_SENTENCES < 4_000


def test_metas_own_transcript_is_read_with_its_speakers() -> None:
    found = read_meta_transcript(DOCUMENT.read_bytes())
    assert [(one.speaker, one.start_s, one.end_s, one.text) for one in found.segments] == [
        (Speaker.AGENT, 0.6, 1.4, "Bom dia."),
        (Speaker.CUSTOMER, 2.0, 4.1, "Bom dia, quero falar com vendas."),
    ]
    assert (found.language, found.engine) == ("pt", "meta")


@pytest.mark.parametrize(
    "segment",
    [
        "x",
        {"speaker": "Robot", "start": 0, "end": 1, "text": "x"},
        {"speaker": "Business", "start": -1, "end": 1, "text": "x"},
        {"speaker": "Business", "start": 2, "end": 1, "text": "x"},
        {"speaker": "Business", "start": 0, "end": float("inf"), "text": "x"},
        {"speaker": "Business", "start": 0, "end": 1, "text": 7},
        {"speaker": "Business", "start": 0, "end": 1},
    ],
)
def test_a_document_of_metas_that_cannot_be_is_refused(segment: object) -> None:
    for document in (json.dumps({"transcript": {"segments": [segment]}}).encode(), b"<html>", b"{}", b"[" * 90_000):
        with pytest.raises(NeighbourError) as failed:
            read_meta_transcript(document)
        assert failed.value.failure.code == "engine.nonsense"
