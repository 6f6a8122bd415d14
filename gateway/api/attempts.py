"""How often somebody may try to sign in: per login and per address, so that neither one account nor one network can be
used to guess passwords. The `limits` library counts, on our clock.
"""

import ipaddress
from typing import Final

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import Storage
from limits.aio.strategies import FixedWindowRateLimiter

from signaling.ports import Clock

PER_LOGIN: Final = RateLimitItemPerMinute(10, 5, namespace="login")  # ten in five minutes
PER_ADDRESS: Final = RateLimitItemPerMinute(50, 5, namespace="address")  # an office behind one address is many people
SWEEP_AT_KEYS: Final = 10_000


class MemoryOnClock(Storage):
    """Counters of this process. The library's own memory storage reads the system's time and cannot be given ours."""

    STORAGE_SCHEME = None

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._counters: dict[str, tuple[int, float]] = {}  # key → count, Unix time when it is forgotten

    @property
    def base_exceptions(self) -> type[Exception]:
        return KeyError

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        now = self._clock().timestamp()
        if len(self._counters) >= SWEEP_AT_KEYS:
            self._counters = {key: counter for key, counter in self._counters.items() if counter[1] > now}
        count, ends = self._counters.get(key, (0, 0.0))
        if ends <= now:
            count, ends = 0, now + expiry
        self._counters[key] = max(0, count + amount), ends
        return self._counters[key][0]

    async def get(self, key: str) -> int:
        count, ends = self._counters.get(key, (0, 0.0))
        return count if ends > self._clock().timestamp() else 0

    async def get_expiry(self, key: str) -> float:
        return self._counters.get(key, (0, self._clock().timestamp()))[1]

    async def check(self) -> bool:
        return True

    async def reset(self) -> int | None:
        forgotten = len(self._counters)
        self._counters.clear()
        return forgotten

    async def clear(self, key: str) -> None:
        self._counters.pop(key, None)


class LoginAttempts:
    """Counts an attempt before its password is checked, so that many at once cannot slip past; a right password gives
    the attempt back."""

    def __init__(self, clock: Clock, storage: Storage | None = None) -> None:
        self._clock = clock
        self._limiter = FixedWindowRateLimiter(storage if storage is not None else MemoryOnClock(clock))

    async def begin(self, login: str, address: str) -> float | None:
        """None: go on. Otherwise the seconds after which it may be tried again."""
        waits = [await self._hit(PER_LOGIN, login), await self._hit(PER_ADDRESS, network_of(address))]
        return max((wait for wait in waits if wait is not None), default=None)

    async def succeeded(self, login: str, address: str) -> None:
        await self._limiter.clear(PER_LOGIN, login)
        await self._limiter.hit(PER_ADDRESS, network_of(address), cost=-1)

    async def _hit(self, limit: RateLimitItem, key: str) -> float | None:
        if await self._limiter.hit(limit, key):
            return None
        ends = (await self._limiter.get_window_stats(limit, key)).reset_time
        return max(1.0, ends - self._clock().timestamp())


def network_of(address: str) -> str:
    """Whom an address stands for: itself, or its /64 in IPv6, where one customer has so many (RFC 6177)."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 6:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return address
