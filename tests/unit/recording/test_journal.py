"""What a journal keeps, and what is left of it after the worst."""

import contextlib
import errno
import io
import os
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording import writer
from recording.journal import (
    Damaged,
    Ended,
    Head,
    Leg,
    Mark,
    Marked,
    NotAJournal,
    Packet,
    Record,
    encode_end,
    encode_head,
    encode_mark,
    encode_packet,
    read_head,
    read_journal,
)
from recording.writer import FEW, JournalFailed, JournalKeeper, left_behind
from signaling.ids import CallId

HEAD = Head(CallId("0" * 32), datetime(2026, 11, 25, 12, tzinfo=UTC))
PATIENCE_S = 20


def packet(number: int, leg: Leg = Leg.CUSTOMER) -> Packet:
    payload = bytes([number % 251]) * (number % 90 + 1)
    return Packet(leg, number * 20_000_000 / 1e9, 7, number & 0xFFFF, number * 960, number == 0, payload)


def encoded(record: Record) -> bytes:
    match record:
        case Packet(leg, at_s, ssrc, sequence, ticks, marker, payload):
            return encode_packet(leg, at_s, ssrc, sequence, ticks, marker, payload)
        case Marked(at_s, mark, count):
            return encode_mark(at_s, mark, count)
        case Ended(at_s):
            return encode_end(at_s)
    raise AssertionError("nobody writes damage")


def written(path: Path, records: list[Record]) -> Path:
    path.write_bytes(encode_head(HEAD) + b"".join(map(encoded, records)))
    return path


RECORDS: list[Record] = [
    packet(0),
    packet(1, Leg.AGENT),
    Marked(0.03, Mark.HELD),
    *(packet(n) for n in range(2, 40)),
    Marked(0.9, Mark.LOST, 12),
    Ended(1.0),
]


def test_a_journal_gives_back_what_was_written(tmp_path: Path) -> None:
    head, records = read_journal(written(tmp_path / "a", RECORDS))
    assert head == HEAD
    assert list(records) == RECORDS


@given(st.data())
def test_a_file_that_was_cut_anywhere_yields_every_whole_record_before_the_cut(data: st.DataObject) -> None:
    head, bodies = encode_head(HEAD), [encoded(record) for record in RECORDS]
    cut = data.draw(st.integers(0, sum(map(len, bodies))))
    whole, length = 0, 0
    while whole < len(bodies) and length + len(bodies[whole]) <= cut:
        length += len(bodies[whole])
        whole += 1
    path = Path(os.devnull).parent / "shm" / f"ramal-journal-{os.getpid()}"
    path.write_bytes(head + b"".join(bodies)[:cut])
    try:
        records = list(read_journal(path)[1])
    finally:
        path.unlink()
    assert records[:whole] == RECORDS[:whole]
    assert records[whole:] == ([] if length == cut else [Damaged(len(head) + length, cut - length)])


@given(st.integers(1, len(RECORDS) - 2), st.binary(min_size=1, max_size=60))
def test_damage_in_the_middle_loses_what_it_hit_and_nothing_else(hit: int, junk: bytes) -> None:
    bodies = [encoded(record) for record in RECORDS]
    damaged = bytearray(bodies[hit])
    damaged[len(damaged) // 2] ^= 0xFF
    bodies[hit] = bytes(damaged)
    path = Path(os.devnull).parent / "shm" / f"ramal-damaged-{os.getpid()}"
    path.write_bytes(encode_head(HEAD) + b"".join(bodies[:hit]) + junk.replace(b"R", b".") + b"".join(bodies[hit:]))
    try:
        records = list(read_journal(path)[1])
    finally:
        path.unlink()
    kept = [record for record in records if not isinstance(record, Damaged)]
    assert kept == RECORDS[:hit] + RECORDS[hit + 1 :]
    assert sum(record.skipped_bytes for record in records if isinstance(record, Damaged)) == len(junk) + len(
        bodies[hit]
    )


@given(st.binary(max_size=400))
def test_any_bytes_are_a_head_or_no_journal(junk: bytes) -> None:
    with contextlib.suppress(NotAJournal):
        read_head(io.BytesIO(junk))


def test_a_journal_larger_than_the_reader_reads_at_once_is_whole(tmp_path: Path) -> None:
    many: list[Record] = [packet(n) for n in range(40_000)]
    assert list(read_journal(written(tmp_path / "a", many))[1]) == many


class Keeping:
    """A keeper whose news can be waited for."""

    def __init__(self, folder: Path) -> None:
        self.failures: list[JournalFailed] = []
        self.told = threading.Event()
        self.keeper = JournalKeeper(folder, self._failed, lambda *_: self.told.set())
        self.keeper.start()

    def _failed(self, failure: JournalFailed) -> None:
        self.failures.append(failure)
        self.told.set()


def test_what_was_handed_over_is_on_the_disk_when_the_journal_is_closed(tmp_path: Path) -> None:
    keeping = Keeping(tmp_path / "journals")
    journal = keeping.keeper.open(HEAD.call_id, HEAD.began_at, began_s=100.0)
    for number in range(500):
        journal.packet(Leg.AGENT, 100.0 + number * 0.02, 7, number, number * 960, False, b"voice")
    journal.mark(105.0, Mark.PAUSED)
    journal.end(110.0)
    journal.packet(Leg.AGENT, 111.0, 7, 501, 501 * 960, False, b"too late")
    assert keeping.told.wait(PATIENCE_S)
    _, records = read_journal(journal.path)
    kept = list(records)
    assert [record.at_s for record in kept if isinstance(record, Packet)] == pytest.approx(
        [number * 0.02 for number in range(500)], abs=1e-6
    )
    assert kept[-2:] == [Marked(5.0, Mark.PAUSED), Ended(10.0)]
    assert journal.path.stat().st_mode & 0o777 == 0o600
    keeping.keeper.close()
    assert left_behind(tmp_path / "journals") == [journal.path]


def test_a_full_disk_ends_the_recording_with_a_word_and_keeps_what_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeping = Keeping(tmp_path)
    journal = keeping.keeper.open(HEAD.call_id, HEAD.began_at, began_s=0.0)
    full = threading.Event()
    write = os.write

    def write_until_full(handle: int, data: bytes) -> int:
        if full.is_set() and handle == journal.handle:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(handle, data)

    monkeypatch.setattr(os, "write", write_until_full)
    journal.packet(Leg.CUSTOMER, 0.02, 7, 1, 960, False, b"kept")
    while journal.written_bytes == 0:  # the thread tells nobody that all is well
        keeping.told.wait(0.01)
    full.set()
    journal.packet(Leg.CUSTOMER, 0.04, 7, 2, 1920, False, b"lost")
    assert keeping.told.wait(PATIENCE_S)
    assert keeping.failures == [JournalFailed(HEAD.call_id, "disk_full")]
    journal.packet(Leg.CUSTOMER, 0.06, 7, 3, 2880, False, b"ignored")
    assert [record.payload for record in read_journal(journal.path)[1] if isinstance(record, Packet)] == [b"kept"]
    keeping.keeper.close()


def test_a_disk_that_does_not_answer_fails_one_recording_instead_of_filling_memory(tmp_path: Path) -> None:
    keeper = JournalKeeper(tmp_path, lambda _: None, lambda *_: None)  # its thread never runs
    journal = keeper.open(HEAD.call_id, HEAD.began_at, began_s=0.0)
    for number in range(60_000):
        journal.packet(Leg.CUSTOMER, number * 0.02, 7, number & 0xFFFF, 0, False, bytes(100))
    assert journal.failed == "disk_slow"
    assert len(journal.waiting) == 0


@pytest.mark.parametrize("at_once", [True, False])
def test_many_journals_are_synced_at_once_and_each_alone_where_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: bool
) -> None:
    synced: list[int] = []
    broken: set[int] = set()

    def fsync(handle: int) -> None:
        if handle in broken:
            raise OSError(errno.EIO, "Input/output error")
        synced.append(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    if not at_once:
        monkeypatch.setattr(writer, "_syncfs", lambda handle: -1)
    failures: list[JournalFailed] = []
    keeper = JournalKeeper(tmp_path, failures.append, lambda *_: None)  # its thread never runs
    journals = [keeper.open(CallId(f"{number:032}"), HEAD.began_at, began_s=0.0) for number in range(FEW + 1)]
    keeper._write_all()
    handles = {journal.handle for journal in journals}
    broken.add(journals[3].handle)
    keeper._sync_all()
    assert set(synced) == (set() if at_once else handles - broken)
    assert failures == ([] if at_once else [JournalFailed(journals[3].call_id, "disk")])
    before = len(synced)
    keeper._sync_all()
    assert len(synced) == before, "nothing is new"
    for journal in journals[:2]:
        journal.packet(Leg.CUSTOMER, 0.02, 7, 1, 960, False, b"voice")
    keeper._write_all()
    keeper._sync_all()
    assert synced[before:] and set(synced[before:]) == {journal.handle for journal in journals[:2]}, "few: one by one"
    assert all(journal.synced_bytes == journal.written_bytes for journal in journals if journal.failed is None)
