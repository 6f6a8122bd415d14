"""Bencode (BEP 3), the language of rtpengine's control protocol."""

from collections.abc import Mapping, Sequence

Value = int | str | bytes | Sequence["Value"] | Mapping[str, "Value"]


def encode(value: Value) -> bytes:
    match value:
        case int():
            return b"i%de" % value
        case str():
            return encode(value.encode())
        case bytes():
            return b"%d:%s" % (len(value), value)
        case Mapping():
            return b"d%se" % b"".join(encode(key) + encode(value[key]) for key in sorted(value))
        case _:
            return b"l%se" % b"".join(map(encode, value))


def decode(data: bytes) -> object:
    """Numbers, bytes, lists, and dicts with text as keys. Raises ValueError, IndexError."""
    return _decode(data, 0)[0]


def _decode(data: bytes, at: int) -> tuple[object, int]:
    match data[at : at + 1]:
        case b"i":
            end = data.index(b"e", at)
            return int(data[at + 1 : end]), end + 1
        case b"l":
            return _items(data, at + 1)
        case b"d":
            items, end = _items(data, at + 1)
            keys = [key.decode() for key in items[::2] if isinstance(key, bytes)]
            return dict(zip(keys, items[1::2], strict=True)), end
        case _:
            colon = data.index(b":", at)
            end = colon + 1 + int(data[at:colon])
            if end > len(data):
                raise ValueError("cut off")
            return data[colon + 1 : end], end


def _items(data: bytes, at: int) -> tuple[list[object], int]:
    items: list[object] = []
    while data[at : at + 1] != b"e":
        item, at = _decode(data, at)
        items.append(item)
    return items, at + 1
