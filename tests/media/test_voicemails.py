"""What a customer says after the beep is kept, whatever ends it: real packets, both planes."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway import simulator
from gateway.finishing import JOURNALS
from gateway.media.plane import Prompt
from gateway.media.prompts import decode, encode
from gateway.voicemails import Voicemails
from recording.journal import Leg, Packet, read_journal
from recording.mix import finish
from signaling.effects import CloseMedia, Effect, EndVoicemail, RecordVoicemail
from signaling.ids import CallId
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


class Closed:
    """Journals that are complete, and can be waited for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._closed: asyncio.Queue[CallId] = asyncio.Queue()

    def __call__(self, call_id: CallId) -> None:
        self._closed.put_nowait(call_id)

    async def next(self) -> Path:
        return self._folder / JOURNALS / f"{await asyncio.wait_for(self._closed.get(), 60)}.journal"


@pytest.fixture
async def closed(tmp_path: Path) -> Closed:
    return Closed(tmp_path)


@pytest.fixture
async def voicemails(office: Office, tmp_path: Path, closed: Closed) -> AsyncIterator[Voicemails]:
    (tmp_path / JOURNALS).mkdir()
    voicemails = Voicemails(office.board, tmp_path, lambda: AT, closed)
    voicemails.start()
    yield voicemails
    await voicemails.close()


async def spoken(office: Office, voicemails: Voicemails) -> CallId:
    """A customer who has been talking for four seconds after the beep."""
    call_id, customer = await office.customer(MARIA)
    office.board.open_audio(call_id)
    await voicemails(RecordVoicemail(call_id, 1), nobody)
    await customer.until(lambda heard: len(heard) >= 200)
    return call_id


async def is_whole(journal: Path) -> bool:
    made = journal.with_suffix(".ogg")
    finished = await asyncio.to_thread(finish, journal, made)
    assert 3 <= finished.duration_s <= 20
    assert likeness_of(made) >= 0.9
    return finished.ended


async def test_what_a_customer_says_is_in_the_journal_up_to_the_end(
    office: Office, voicemails: Voicemails, closed: Closed
) -> None:
    call_id = await spoken(office, voicemails)
    await voicemails(EndVoicemail(call_id), nobody)
    journal = await closed.next()
    assert journal.stem == call_id and await is_whole(journal)
    records = list(read_journal(journal)[1])
    assert {record.leg for record in records if isinstance(record, Packet)} == {Leg.CUSTOMER}


async def test_a_message_ends_with_its_call(office: Office, voicemails: Voicemails, closed: Closed) -> None:
    async def close_media(effect: Effect, report: Report) -> None:
        await office.board.close_call(effect.call_id)

    call_id = await spoken(office, voicemails)
    await voicemails.closing(close_media)(CloseMedia(call_id), nobody)
    assert await is_whole(await closed.next())
