"""Recordings at rest: nobody opens them without the key, and nothing that was changed is ever played."""

import base64
import io
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recording.sealing import (
    HEAD_BYTES,
    PIECE_BYTES,
    TAG_BYTES,
    CannotOpen,
    MasterKeys,
    Opening,
    decode_head,
    encode_head,
    read_master_keys,
    resealed,
    seal,
    sealed_bytes,
    sealed_range,
)

OLD, NEW = os.urandom(32), os.urandom(32)
KEYS = MasterKeys({"k2": NEW, "k1": OLD}, "k2")


def sealed(plain: bytes, keys: MasterKeys = KEYS) -> bytes:
    return b"".join(seal(io.BytesIO(plain), len(plain), keys))


def opened(data: bytes, first: int, last: int, keys: MasterKeys = KEYS, portion: int = 1_000_000) -> bytes:
    begins, ends = sealed_range(first, last)
    piece = data[begins:ends]
    portions = [piece[at : at + portion] for at in range(0, len(piece), portion)]
    opening = Opening(decode_head(data), keys, first, last)
    return b"".join([*map(opening.feed, portions), opening.end()])


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_every_range_opens_to_the_very_bytes(data: st.DataObject) -> None:
    edges = [1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 2 * PIECE_BYTES, 3 * PIECE_BYTES + 7]
    plain = os.urandom(data.draw(st.sampled_from(edges)))
    first = data.draw(st.integers(0, len(plain) - 1))
    last = data.draw(st.integers(first, len(plain) - 1))
    portion = data.draw(st.sampled_from([1_000, PIECE_BYTES, PIECE_BYTES + TAG_BYTES, 1_000_000]))
    file = sealed(plain)
    assert len(file) == sealed_bytes(len(plain))
    assert opened(file, first, last, portion=portion) == plain[first : last + 1]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, sealed_bytes(PIECE_BYTES + 100) - 1), st.integers(1, 255))
def test_a_changed_byte_is_found_out(place: int, change: int) -> None:
    plain = os.urandom(PIECE_BYTES + 100)
    file = bytearray(sealed(plain))
    file[place] ^= change
    try:
        assert opened(bytes(file), 0, len(plain) - 1) == plain, "a blank of the head may be another blank"
    except CannotOpen:
        return
    assert place < HEAD_BYTES


def test_pieces_cannot_change_places_and_none_can_be_dropped() -> None:
    plain = os.urandom(3 * PIECE_BYTES)
    file, step = sealed(plain), PIECE_BYTES + TAG_BYTES
    pieces = [file[HEAD_BYTES + at : HEAD_BYTES + at + step] for at in range(0, 3 * step, step)]
    for wrong in ([pieces[1], pieces[0], pieces[2]], pieces[:2], [pieces[0], pieces[2]], [*pieces[:2], pieces[1]]):
        with pytest.raises(CannotOpen):
            opened(file[:HEAD_BYTES] + b"".join(wrong), 0, len(plain) - 1)


def test_another_file_s_pieces_do_not_open() -> None:
    one, other = sealed(b"a" * 100), sealed(b"b" * 100)
    with pytest.raises(CannotOpen, match="changed"):
        opened(one[:HEAD_BYTES] + other[HEAD_BYTES:], 0, 99)


def test_an_empty_recording_is_sealed_too() -> None:
    assert len(sealed(b"")) == sealed_bytes(0)


def test_without_the_key_nothing_opens_and_it_is_said() -> None:
    file = sealed(b"secret")
    with pytest.raises(CannotOpen, match="key_missing"):
        opened(file, 0, 5, MasterKeys({"other": NEW}, "other"))
    with pytest.raises(CannotOpen, match="changed"):
        opened(file, 0, 5, MasterKeys({"k2": OLD}, "k2"))
    assert b"secret" not in file


def test_rotation_rewrites_the_head_alone() -> None:
    before = sealed(b"spoken long ago", MasterKeys({"k1": OLD}, "k1"))
    head = encode_head(resealed(decode_head(before), KEYS))
    after = head + before[HEAD_BYTES:]
    assert decode_head(after).key_name == "k2" and len(head) == HEAD_BYTES
    assert opened(after, 0, 14, MasterKeys({"k2": NEW}, "k2")) == b"spoken long ago"


@pytest.mark.parametrize("text", ["", "k1", "k1:AAAA", "k 1:" + "A" * 43 + "=", "k1:????"])
def test_bad_keys_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="each key"):
        read_master_keys(text)


def test_keys_are_read_newest_first_and_never_shown() -> None:
    text = ", ".join(f"{name}:{base64.b64encode(key).decode()}" for name, key in (("k2", NEW), ("k1", OLD)))
    keys = read_master_keys(text)
    assert (keys.newest, dict(keys.by_name)) == ("k2", {"k2": NEW, "k1": OLD})
    assert repr(NEW) not in repr(keys)
    with pytest.raises(ValueError, match="of its own"):
        read_master_keys(f"{text},{text}")


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"not json", b'{"ramal_sealed":2}', encode_head(decode_head(sealed(b"x")))[:50]],
    ids=["nothing", "no head", "no JSON", "another format", "cut"],  # the same in every process that collects them
)
def test_what_we_did_not_seal_is_no_sealed_file(data: bytes) -> None:
    with pytest.raises(CannotOpen, match="unknown_format"):
        decode_head(data)
