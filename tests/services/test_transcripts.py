"""What was said in calls, kept, searched and erased. On both databases."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import text
from sqlmodel import select

from recording.key_sentences import key_sentences
from recording.summary import Kind, Promise, Summary
from recording.transcript import Segment, Speaker, Transcript
from signaling.call import Call, State
from signaling.errors import Failure, Fault
from signaling.ids import CallId
from signaling.private import Wacid
from signaling.recording_policy import RecordingPolicy, When
from signaling.recording_record import RecordingState
from store.calls import SqlCallStore
from store.database import Database
from store.history_filter import HistoryFilter
from store.job_models import JobRow, JobState
from store.meta_files import SqlMetaFiles
from store.recording_models import RecordingRow
from store.transcript_models import Source, TextState
from store.transcripts import SUMMARIZE, TRANSCRIBE, Found, SqlTranscripts, erase_texts, forget_erased_words
from store.word_search import folded, wanted
from tests.services.samples import NOW, Town, build_town, call_in, customer

EVERYTHING = HistoryFilter()
AWAY = Failure("engine.down", Fault.NETWORK, "http 503", 60.0)


def said(*lines: str, language: str = "pt") -> Transcript:
    who = (Speaker.CUSTOMER, Speaker.AGENT)
    segments = tuple(Segment(who[n % 2], n * 4.0, n * 4.0 + 3, line) for n, line in enumerate(lines))
    return Transcript(segments, language, "openai", "whisper-1")


async def recorded_call(database: Database, town: Town, wacid: str = "wacid.SAID", **changes: object) -> Call:
    call = call_in(town, wacid, customer("5511955550101"), state=State.ENDED, agent=town.agents[0], **changes)
    await SqlCallStore(database).save(call)
    row = RecordingRow(
        call_id=call.id,
        number_id=town.number.id,
        department_id=town.department,
        state=RecordingState.RECORDED,
        policy=RecordingPolicy(When.ALWAYS),
        file=f"{call.id}.ogg",
        sha256="0" * 64,
    )
    await database.run(lambda session: session.add(row))
    return call


async def transcribed_call(database: Database, town: Town, wacid: str, *lines: str) -> CallId:
    call, store = await recorded_call(database, town, wacid), SqlTranscripts(database)
    assert await store.ask_transcript(call.id, "gateway", NOW)
    await store.heard(call.id, said(*lines), NOW, "0" * 64)
    return call.id


async def import_from_meta(database: Database, town: Town, call: CallId, wacid: str, transcript: Transcript) -> None:
    files, number = SqlMetaFiles(database), town.number.phone_number_id
    assert await files.arrived(number, Wacid(wacid), "transcription", "1784500000000102", "1" * 64, NOW)
    (file,) = await files.of_call(call)
    await SqlTranscripts(database).imported(call, transcript, NOW, "1" * 64, file.id, 700)


async def jobs(database: Database) -> list[tuple[str, str, JobState]]:
    query = select(JobRow.kind, JobRow.subject, JobRow.state).order_by(JobRow.kind)
    return await database.read(lambda session: [tuple(row) for row in session.exec(query)])  # type: ignore[misc]


async def found(database: Database, words: str, visible: HistoryFilter = EVERYTHING) -> Sequence[CallId]:
    search = wanted(words)
    assert search is not None
    page = await SqlTranscripts(database).search(search, visible)
    return [one.call.id for one in page.found]


async def test_a_transcript_is_waited_for_and_then_the_call_is_summarised(database: Database) -> None:
    town, store = await build_town(database), SqlTranscripts(database, place="here")
    call = await recorded_call(database, town)
    assert (await store.transcripts(call.id), await store.summary(call.id)) == ((), None)
    for _ in range(2):
        assert await store.ask_transcript(call.id, "user:1", NOW)
    (waiting,) = await store.transcripts(call.id)
    assert (waiting.state, waiting.source, waiting.transcript) == (TextState.WAITING, Source.OURS, None)
    assert await jobs(database) == [(TRANSCRIBE, call.id, JobState.WAITING)]
    await store.transcript_state(call.id, TextState.WAITING, NOW, AWAY)
    (again,) = await store.transcripts(call.id)
    assert (again.state, again.failure, again.ended_at) == (TextState.WAITING, AWAY, None)

    spoken = said("Bom dia!", "Loja Sol, a\x00té \ud800 logo")
    for _ in range(2):
        await store.heard(call.id, spoken, NOW, "0" * 64)
    (done,) = await store.transcripts(call.id)
    assert done.transcript is not None
    assert [one.text for one in done.transcript.segments] == ["Bom dia!", "Loja Sol, a\ufffdté \ufffd logo"]
    assert replace(done.transcript, segments=()) == replace(spoken, segments=())
    assert (done.state, done.failure, done.ended_at) == (TextState.DONE, None, NOW)
    assert (SUMMARIZE, call.id, JobState.WAITING) in await jobs(database)
    summary = await store.summary(call.id)
    assert summary is not None and (summary.state, summary.summary) == (TextState.WAITING, None)


async def test_nothing_is_asked_of_a_call_that_has_no_sound_or_no_words(database: Database) -> None:
    town, store = await build_town(database), SqlTranscripts(database)
    call = call_in(town, "wacid.SILENT", state=State.ENDED)
    await SqlCallStore(database).save(call)
    assert not await store.ask_transcript(call.id, "user:1", NOW)
    assert not await store.ask_summary(call.id, "user:1", NOW)
    assert await jobs(database) == []


async def test_a_summary_comes_back_as_it_was(database: Database) -> None:
    town, store = await build_town(database), SqlTranscripts(database)
    call = await transcribed_call(database, town, "wacid.SUM", "Meu pedido não chegou e eu quero saber", "Chega amanhã")
    made = Summary(
        Kind.MODEL,
        "pt",
        "openai",
        "small",
        reason="Pedido atrasado.",
        outcome="Chega amanhã.",
        promises=(Promise(Speaker.AGENT, "Reembolso."),),
        next_steps=("Conferir.",),
        shortened=True,
    )
    best = await store.best(call)
    assert best is not None
    for summary in (made, key_sentences(best)):
        await store.summarised(call, summary, NOW)
        kept = await store.summary(call)
        assert kept is not None and (kept.state, kept.summary) == (TextState.DONE, summary)
    assert await store.ask_summary(call, "user:1", NOW + timedelta(days=1))
    kept = await store.summary(call)
    assert kept is not None and kept.state is TextState.WAITING and kept.summary is not None, (
        "until the new one is there"
    )


async def test_metas_own_stands_beside_ours_and_is_summarised_only_where_ours_is_not(database: Database) -> None:
    town, store = await build_town(database), SqlTranscripts(database)
    ours = await transcribed_call(database, town, "wacid.BOTH", "o que nós ouvimos")
    await store.summarised(ours, key_sentences(said("o que nós ouvimos")), NOW)
    await import_from_meta(database, town, ours, "wacid.BOTH", said("o que a Meta ouviu"))
    assert [one.source for one in await store.transcripts(ours)] == [Source.OURS, Source.META]
    best, summary = await store.best(ours), await store.summary(ours)
    assert best is not None and best.text == "o que nós ouvimos"
    assert summary is not None and summary.state is TextState.DONE
    alone = await recorded_call(database, town, "wacid.META")
    await import_from_meta(database, town, alone.id, "wacid.META", said("só a Meta ouviu"))
    summary = await store.summary(alone.id)
    assert summary is not None and summary.state is TextState.WAITING
    assert await found(database, "meta ouviu") == [alone.id, ours]


async def test_calls_are_found_by_what_was_said_alike_on_both_databases(database: Database) -> None:
    town = await build_town(database)
    call = await transcribed_call(
        database, town, "wacid.ONE", "Meu PEDIDO 4792 não chegou.", "Até amanhã, 18h30; reembolso em lojasol.com.br/x!"
    )
    await transcribed_call(database, town, "wacid.TWO", "Bom dia, quero falar com vendas.")
    hits = (
        "pedido",
        "PEDIDO nao chegou",
        "não",
        "amanha",
        "reemb",
        "lojasol.com.br",
        "4792",
        "-4792",
        "18h30",
        "pedido*",
    )
    misses = (
        "pedi chegou",
        "pedido devolvido",
        "sol",
        "' OR 1=1 --",
        '" OR words MATCH "z',
        "pedido & !zz | (",
        "ß ﬁm",
    )
    for words in hits:
        assert await found(database, words) == [call], words
    for words in (*misses, "NEAR(pedido chegou)", "words : pedido"):
        assert await found(database, words) == [], words


async def test_a_search_shows_where_it_was_said_and_goes_page_by_page(database: Database) -> None:
    town, store = await build_town(database), SqlTranscripts(database)
    calls = [await transcribed_call(database, town, f"wacid.{n}", "Alô?", f"O boleto {n}, por favor") for n in range(5)]
    search, cursor = wanted("boleto"), None
    seen: list[Found] = []
    assert search is not None
    for _ in range(3):
        page = await store.search(search, EVERYTHING, limit=2, cursor=cursor)
        seen += page.found
        cursor = page.next_cursor
    assert cursor is None and [one.call.id for one in seen] == calls[::-1]
    ((found_line,), in_all) = seen[0].lines.shown, seen[0].lines.in_all
    line = found_line.line
    assert (line.speaker, line.start_s, line.text, in_all) == (Speaker.AGENT, 4.0, "O boleto 4, por favor", 1)
    assert [(one.text, one.found) for one in found_line.pieces] == [
        ("O ", False),
        ("boleto", True),
        (" 4, por favor", False),
    ]
    assert wanted("?! -") is None and folded("Ação—AÇÃO") == ["acao", "acao"]


async def test_nobody_finds_calls_that_they_may_not_see(database: Database) -> None:
    town = await build_town(database)
    call = await transcribed_call(database, town, "wacid.SEEN", "segredo")
    assert await found(database, "segredo", HistoryFilter(visible_in=frozenset({town.department}))) == [call]
    assert await found(database, "segredo", HistoryFilter(visible_in=frozenset())) == []
    store = SqlTranscripts(database)
    assert await store.any_in(HistoryFilter(visible_in=frozenset({town.department})))
    assert not await store.any_in(HistoryFilter(visible_in=frozenset()))
    other = await recorded_call(database, town, "wacid.UNHEARD")
    assert await store.ask_transcript(other.id, "user:1", NOW)
    await database.run(lambda session: erase_texts(session, [call]))
    assert not await store.any_in(EVERYTHING), "a transcript that is waited for is none yet"


async def test_what_is_heard_anew_is_found_and_what_was_heard_before_is_not(database: Database) -> None:
    town, store = await build_town(database), SqlTranscripts(database)
    call = await transcribed_call(database, town, "wacid.ANEW", "cebola")
    assert await store.ask_transcript(call, "user:1", NOW)
    assert await found(database, "cebola") == [call]
    await store.heard(call, said("pimenta"), NOW, "0" * 64)
    assert (await found(database, "cebola"), await found(database, "pimenta")) == ([], [call])


async def test_an_erased_call_leaves_no_word_and_no_job_and_is_not_written_again(database: Database) -> None:
    town, store = await build_town(database), SqlTranscripts(database)
    gone = await transcribed_call(database, town, "wacid.GONE", "abacaxi madrugada")
    stays = await transcribed_call(database, town, "wacid.STAYS", "madrugada")
    await database.run(lambda session: erase_texts(session, [gone]))
    await database.run(forget_erased_words)
    assert (await store.transcripts(gone), await store.summary(gone)) == ((), None)
    assert (await found(database, "abacaxi"), await found(database, "madrugada")) == ([], [stays])
    assert all(subject == stays for _, subject, _ in await jobs(database))
    await store.heard(gone, said("abacaxi"), NOW, "0" * 64)
    await store.summarised(gone, key_sentences(said("abacaxi")), NOW)
    assert (await store.transcripts(gone), await store.summary(gone)) == ((), None), "by a job that was at it"
    if database.is_sqlite:
        words = "SELECT count(*) FROM transcript_words_data WHERE instr(block, CAST('abacaxi' AS BLOB)) > 0"
        assert await database.read(lambda session: session.connection().execute(text(words)).scalar_one()) == 0
        check = "INSERT INTO transcript_words(transcript_words) VALUES ('integrity-check')"
        await database.run(lambda session: session.connection().execute(text(check)))
