"""Who has which customer in front of them: whom news of a customer concern. Pure, and bounded.

A page that shows how a customer stands has asked for it. With two thousand agents it makes a difference whether all of
them are told of each customer.
"""

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final

from signaling.events import Customer
from signaling.ids import AgentId, NumberId
from signaling.private import Bsuid, PhoneNumber

LOOKED_LATELY: Final = timedelta(hours=12)
MOST_PAIRS: Final = 20_000

Name = PhoneNumber | Bsuid


class Onlookers:
    """Of a pair of number and customer: the agents whose pages have asked for it lately."""

    def __init__(self) -> None:
        self._pairs: OrderedDict[tuple[NumberId, Name], dict[AgentId, datetime]] = OrderedDict()

    def look(self, number: NumberId, name: Name, agent: AgentId, at: datetime) -> None:
        pair = (number, name)
        self._pairs.setdefault(pair, {})[agent] = at
        self._pairs.move_to_end(pair)
        while len(self._pairs) > MOST_PAIRS:
            self._pairs.popitem(last=False)

    def of(self, number: NumberId, customer: Customer, at: datetime) -> frozenset[AgentId]:
        found: set[AgentId] = set()
        for name in (customer.phone, customer.bsuid):
            if name is not None:
                looked = self._pairs.get((number, name), {})
                found |= {agent for agent, looked_at in looked.items() if at - looked_at < LOOKED_LATELY}
        return frozenset(found)
