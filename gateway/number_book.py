"""The numbers that this process has met, remembered for what cannot wait for SQL: labels on pages, tokens for Graph."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from signaling.errors import Failure, Fault, NeighbourError
from signaling.ids import NumberId, PhoneNumberId
from signaling.meta_rules import Limits
from signaling.ports import Number, NumberStore
from signaling.private import Token

NO_TOKEN: Final = Failure("graph.no_token", Fault.CONFIGURATION, "set RAMAL_META_TOKEN, or the number's own token")


@dataclass(frozen=True, slots=True)
class NumberBook(Mapping[NumberId, Number]):
    """A NumberStore that asks `store` each time, and a mapping of what it has answered so far.

    A change made by `ramal number …` is seen at the number's next call.
    """

    store: NumberStore
    default_token: Token | None
    _known: dict[NumberId, Number] = field(default_factory=dict)

    async def by_phone_number_id(self, phone_number_id: PhoneNumberId) -> Number | None:
        return self._remember(await self.store.by_phone_number_id(phone_number_id))

    async def all(self) -> list[Number]:
        numbers = await self.store.all()
        for number in numbers:
            self._remember(number)
        return numbers

    async def by_id(self, number: NumberId) -> Number | None:
        return self._remember(await self.store.by_id(number))

    def forget(self, number: NumberId) -> None:
        """It is a number of ours no more."""
        self._known.pop(number, None)

    async def knows(self, phone_number_id: PhoneNumberId) -> bool:
        return await self.by_phone_number_id(phone_number_id) is not None

    async def token_of(self, phone_number_id: PhoneNumberId) -> Token:
        """The token for Graph requests about this number. Raises NeighbourError when there is none."""
        number = next((known for known in self._known.values() if known.phone_number_id == phone_number_id), None)
        number = number or await self.by_phone_number_id(phone_number_id)
        token = (number.token if number is not None else None) or self.default_token
        if token is None:
            raise NeighbourError(NO_TOKEN)
        return token

    def limits_of(self, phone_number_id: PhoneNumberId) -> Limits:
        """What Meta allows this number; what it allows by default, where the number was not met yet."""
        known = next((known for known in self._known.values() if known.phone_number_id == phone_number_id), None)
        return Limits() if known is None else known.limits

    def _remember(self, number: Number | None) -> Number | None:
        if number is not None:
            self._known[number.id] = number
        return number

    def __getitem__(self, number: NumberId) -> Number:
        return self._known[number]

    def __iter__(self) -> Iterator[NumberId]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)
