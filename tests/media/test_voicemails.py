"""What a customer says after the beep is kept, whatever ends it: real packets, both planes."""

import asyncio
import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway import simulator
from gateway.call_journals import IntoJournal
from gateway.media.plane import Prompt
from gateway.media.prompts import decode, encode
from gateway.media.tapes import EVERYBODY
from gateway.voicemails import JOURNALS, Kept, MessageState, Voicemails
from recording.journal import Packet, read_journal
from recording.writer import JournalKeeper, left_behind
from signaling.effects import CloseMedia, Effect, EndVoicemail, RecordVoicemail
from signaling.ids import CallId, new_call_id
from signaling.runner import Report
from tests.browser import listening
from tests.browser.listening import likeness
from tests.media.office import Office

pytestmark = pytest.mark.paired

SPOKEN = decode(Path(simulator.__file__).with_name("voices") / "maria.ogg")
MARIA = Prompt("maria", encode(SPOKEN), loop=True)
AT = datetime(2026, 11, 25, 12, tzinfo=UTC)


def nobody(event: Any) -> None:
    raise AssertionError("a message reports nothing")


def likeness_of(ogg: Path) -> float:
    """How much of it is Maria's voice, by pieces: a busy machine that leaves packets out is no fault of the message."""
    return likeness(listening.decode(ogg.read_bytes()), listening.voice("maria"))


class Messages:
    """Messages that are finished, and can be waited for."""

    def __init__(self) -> None:
        self.kept: asyncio.Queue[tuple[CallId, Kept]] = asyncio.Queue()

    def __call__(self, call_id: CallId, kept: Kept) -> None:
        self.kept.put_nowait((call_id, kept))

    async def next(self) -> tuple[CallId, Kept]:
        return await asyncio.wait_for(self.kept.get(), 60)


async def spoken(office: Office, voicemails: Voicemails) -> CallId:
    """A customer who has been talking for two seconds after the beep."""
    call_id, customer = await office.customer(MARIA)
    office.board.open_audio(call_id)
    await voicemails(RecordVoicemail(call_id, 1), nobody)
    await customer.until(lambda heard: len(heard) >= 100)
    return call_id


async def test_what_a_customer_says_is_in_the_file_and_the_journal_is_gone(office: Office, tmp_path: Path) -> None:
    messages = Messages()
    voicemails = Voicemails(office.board, tmp_path, lambda: AT, messages)
    await voicemails.start()
    call_id = await spoken(office, voicemails)
    await voicemails(EndVoicemail(call_id), nobody)
    ogg, facts = tmp_path / f"{call_id}.ogg", tmp_path / f"{call_id}.json"
    kept_of, told = await messages.next()
    assert (kept_of, told.state) == (call_id, MessageState.RECORDED)
    kept = json.loads(facts.read_text())
    assert kept["state"] == "recorded" and 1.5 <= kept["seconds"] <= 10
    assert kept["sha256"] == hashlib.sha256(ogg.read_bytes()).hexdigest()
    assert likeness_of(ogg) >= 0.9
    assert left_behind(tmp_path / JOURNALS) == []
    await voicemails.close()


async def test_a_message_ends_with_its_call(office: Office, tmp_path: Path) -> None:
    messages = Messages()
    voicemails = Voicemails(office.board, tmp_path, lambda: AT, messages)
    await voicemails.start()

    async def close_media(effect: Effect, report: Report) -> None:
        await office.board.close_call(effect.call_id)

    call_id = await spoken(office, voicemails)
    await voicemails.closing(close_media)(CloseMedia(call_id), nobody)
    assert (await messages.next())[1].state is MessageState.RECORDED
    assert likeness_of(tmp_path / f"{call_id}.ogg") >= 0.9
    await voicemails.close()


async def test_what_a_process_left_that_died_is_finished_at_the_next_start_as_partial(
    office: Office, tmp_path: Path
) -> None:
    keeper = JournalKeeper(tmp_path / JOURNALS, print, print)
    keeper.start()
    call_id, customer = await office.customer(MARIA)
    office.board.open_audio(call_id)
    kept = IntoJournal()
    kept.journal = keeper.open(call_id, AT, asyncio.get_running_loop().time())
    assert office.board.keep(call_id, kept, EVERYBODY)
    await customer.until(lambda heard: len(heard) >= 100)
    await asyncio.to_thread(keeper.close)  # never ended
    (path,) = left_behind(tmp_path / JOURNALS)
    assert sum(isinstance(record, Packet) for record in read_journal(path)[1]) > 50
    messages = Messages()
    voicemails = Voicemails(office.board, tmp_path, lambda: AT, messages)
    await voicemails.start()
    await messages.next()
    assert json.loads((tmp_path / f"{call_id}.json").read_text())["state"] == "partial"
    assert likeness_of(tmp_path / f"{call_id}.ogg") >= 0.9
    await voicemails.close()


async def test_a_journal_that_is_none_is_told_as_failed_and_kept(office: Office, tmp_path: Path) -> None:
    (tmp_path / JOURNALS).mkdir()
    broken = tmp_path / JOURNALS / f"{new_call_id()}.journal"
    broken.write_bytes(b"no journal")
    messages = Messages()
    voicemails = Voicemails(office.board, tmp_path, lambda: AT, messages)
    await voicemails.start()
    await messages.next()
    assert json.loads((tmp_path / f"{broken.stem}.json").read_text())["state"] == "failed"
    assert broken.exists()
    await voicemails.close()
