"""The rows of the live wall with their history: what is new since somebody was last told."""

from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from signaling.agents.wall_views import Business, Sight

K = TypeVar("K")

GONE_KEPT: Final = 5_000
"""Rows that went, in memory. Who was last told before the oldest of them is sent everything anew."""


@dataclass(frozen=True, slots=True)
class _Row:
    json: str
    business: Business
    version: int


@dataclass(slots=True)
class Rows(Generic[K]):
    """Each row once, as JSON, whoever reads it. Versions grow; a row bears that in which it last changed."""

    _rows: OrderedDict[K, _Row] = field(default_factory=OrderedDict)  # who changed last is last
    _gone: deque[tuple[int, K, Business]] = field(default_factory=deque)  # oldest first
    _forgotten: int = 0  # the version of the newest entry that `_gone` has forgotten

    def put(self, key: K, json: str, business: Business, version: int) -> bool:
        """Whether it looks different now."""
        before = self._rows.get(key)
        if before is not None and before.json == json and before.business == business:
            return False
        if before is not None and before.business != business:
            self._went(key, before.business, version)
        self._rows[key] = _Row(json, business, version)
        self._rows.move_to_end(key)
        return True

    def drop(self, key: K, version: int) -> bool:
        before = self._rows.pop(key, None)
        if before is not None:
            self._went(key, before.business, version)
        return before is not None

    def clear(self, version: int) -> None:
        """Nobody who was told of them is there any more."""
        self._rows.clear()
        self._gone.clear()
        self._forgotten = version

    def keys(self) -> list[K]:
        return list(self._rows)

    def all_for(self, sight: Sight) -> list[str]:
        return [row.json for row in self._rows.values() if sight.reaches(row.business)]

    def knows_since(self, version: int) -> bool:
        """Whether all that happened after this version is still known."""
        return version >= self._forgotten

    def changed_for(self, sight: Sight, since: int) -> list[str]:
        """What changed after the version `since`, for who has this sight."""
        return [row.json for _, row in self._newer(since) if sight.reaches(row.business)]

    def gone_for(self, sight: Sight, since: int) -> list[K]:
        """What they saw and see no more: it went, or is no business of theirs any more. What came and went in between
        may be among it."""
        gone: dict[K, None] = {}
        for version, key, business in reversed(self._gone):
            if version <= since:
                break
            row = self._rows.get(key)
            if sight.reaches(business) and (row is None or not sight.reaches(row.business)):
                gone[key] = None
        return list(gone)

    def _newer(self, since: int) -> Iterator[tuple[K, _Row]]:
        for key, row in reversed(self._rows.items()):
            if row.version <= since:
                return
            yield key, row

    def _went(self, key: K, business: Business, version: int) -> None:
        self._gone.append((version, key, business))
        if len(self._gone) > GONE_KEPT:
            self._forgotten = self._gone.popleft()[0]
