"""One voice's packets on the timeline, a part at a time: a call may be longer than memory is large.

What is known of each packet stands in a file without a name, in the order in which they came. It is placed in parts of
half an hour; the end of each part is carried into the next, so that a packet that was late finds its neighbours.
"""

import struct
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recording.journal import Packet
from recording.timeline import RATE_HZ, Heard, positions

PART_PACKETS: Final = 90_000
LATEST_S: Final = 5.0
"""A packet that is later than this behind its neighbours finds its place only if they are in the same part."""

_ROW: Final = struct.Struct("<dqIIHH")
_COLUMNS: Final = np.dtype(
    [
        ("arrived_s", "<f8"),
        ("offset", "<i8"),
        ("ssrc", "<u4"),
        ("ticks", "<u4"),
        ("length", "<u2"),
        ("sequence", "<u2"),
    ]
)
assert _ROW.size == _COLUMNS.itemsize


@dataclass(frozen=True, slots=True)
class Part:
    """In the order in which they were spoken. `offset` and `length`: where each payload is; `place`: its first sample,
    since the journal's beginning; `ssrc` and `sequence`: whose it is, and which of theirs."""

    place: NDArray[np.int64]
    offset: NDArray[np.int64]
    length: NDArray[np.uint16]
    ssrc: NDArray[np.uint32]
    sequence: NDArray[np.uint16]


class Side:
    def __init__(self, folder: Path) -> None:
        self._rows = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 (closed by `close`)

    def close(self) -> None:
        self._rows.close()

    def add(self, packet: Packet, offset: int) -> None:
        row = _ROW.pack(packet.at_s, offset, packet.ssrc, packet.ticks, len(packet.payload), packet.sequence)
        self._rows.write(row)

    def parts(self, packets: int = PART_PACKETS) -> Iterator[Part]:
        self._rows.seek(0)
        carried: NDArray[Any] = np.zeros(0, _COLUMNS)
        is_last = False
        while not is_last:
            fresh = np.frombuffer(self._rows.read(packets * _COLUMNS.itemsize), _COLUMNS)
            is_last = len(fresh) < packets
            rows = np.concatenate([carried, fresh])
            if not len(rows):
                return
            heard = Heard(*(np.ascontiguousarray(rows[name]) for name in ("arrived_s", "ssrc", "ticks")))
            places = positions(heard)
            # What is still to come arrived later than all of these, and was spoken LATEST_S before that at most.
            safe = places < (np.inf if is_last else (heard.arrived_s.max() - LATEST_S) * RATE_HZ)
            carried = rows[~safe]
            order = np.flatnonzero(safe)[np.argsort(places[safe], kind="stable")]
            columns = (rows[name][order] for name in ("offset", "length", "ssrc", "sequence"))
            yield Part(places[order], *columns)
