"""Made-up customers: as many as there are calls, told apart by name, which is what an agent's page shows of them."""

from collections.abc import Iterator, Mapping

from gateway.simulator.customers import Customer


class Crowd(Mapping[str, Customer]):
    """Customers "0", "1", … of whom as many as wanted exist."""

    def __init__(self, size: int) -> None:
        self._people = {str(number): customer_of(number) for number in range(size)}

    def __getitem__(self, key: str) -> Customer:
        return self._people[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._people)

    def __len__(self) -> int:
        return len(self._people)


def customer_of(number: int) -> Customer:
    """A Brazilian mobile number of an area that does not exist (20), so that it is nobody's."""
    return Customer(str(number), f"Cliente {number:06}", f"55209{90_000_000 + number}", f"BR.1049{number:015}")
